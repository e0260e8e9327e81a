//! Somebody tells of a suspicious sticker, without an account and without script.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ledger;

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use ledger::{Answer, Ledger};
use nguon_fixtures::farm::{Device, Farm};
use nguon_id::{CaseNumber, LotId};
use nguon_service::reports::Reason;

const MORNING_MS: i64 = 1_767_571_200_000;
const CANARY: &str = "0987654321";

async fn lot() -> (Ledger, String) {
    let ledger = Ledger::new(MORNING_MS).await;
    let mut farm = Farm::new(7, &ledger.context);
    ledger.take(farm.start()).await;
    ledger.recognise(farm.id(), 3).await;
    ledger.take([farm.harvest(Device::Phone(1), "C1", 60_000)]).await;
    let path = LotId::from_uri(&farm.lot("C1")).unwrap().path();
    (ledger, path)
}

fn pass(ledger: &Ledger, seconds: i64) {
    ledger.clock.set(ledger.service.now_ms() + seconds * 1_000);
}

/// The token of a form that is asked for now.
async fn token(ledger: &Ledger) -> String {
    let page = ledger.get("/report").await;
    page.text().split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn body(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, contents) in fields {
        let file = if *name == "photo" { "; filename=\"tem.jpg\"\r\nContent-Type: image/jpeg" } else { "" };
        body.extend(
            format!("--bnd\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend(*contents);
        body.extend(b"\r\n");
    }
    body.extend(b"--bnd--\r\n");
    body
}

async fn post(ledger: &Ledger, at: &str, fields: &[(&str, &[u8])]) -> Answer {
    let request = Request::post(at).header("content-type", "multipart/form-data; boundary=bnd");
    ledger.call(request.body(Body::from(body(fields))).unwrap()).await
}

/// Sends a form after half a minute.
async fn send(ledger: &Ledger, fields: &[(&str, &[u8])]) -> Answer {
    let token = token(ledger).await;
    pass(ledger, 30);
    let all = [&[("token", token.as_bytes())], fields].concat();
    post(ledger, "/report", &all).await
}

fn case_of(answer: &Answer) -> CaseNumber {
    assert_eq!(answer.status, 303, "{}", answer.text());
    CaseNumber::parse(answer.header("location").strip_prefix("/report/").unwrap()).unwrap()
}

fn photograph() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(640, 480).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_report_gets_a_number_that_tells_how_far_it_is_and_nothing_more() {
    let (ledger, path) = lot().await;
    let form = ledger.get(&format!("/report?code={path}")).await;
    assert_eq!((form.status.as_u16(), form.header("cache-control")), (200, "no-store"));
    assert_eq!(form.header("etag"), "");
    assert!(form.text().contains(&format!("value=\"{path}\"")) && form.text().contains("90 ngày"));
    let policy = form.header("content-security-policy");
    assert_eq!(policy.matches("'sha256-").count(), form.text().matches("<style>").count(), "{policy}");
    assert!(form.bytes.len() < 40_000 && !form.text().contains("<script"));

    let fields: [(&str, &[u8]); 6] = [
        ("code", path.as_bytes()),
        ("reason", b"sold-elsewhere"),
        ("text", "Bán ở chợ lạ, người bán là bà Canary".as_bytes()),
        ("contact", CANARY.as_bytes()),
        ("photo", &photograph()),
        ("website", b""),
    ];
    let case = case_of(&send(&ledger, &fields).await);
    let known = ledger.service.reports().desk().case(case).await.unwrap().unwrap();
    assert_eq!((known.reason, known.has_contact, known.has_photo), (Reason::SoldElsewhere, true, true));
    assert!(known.organisation.is_some());

    for at in [format!("/report/{case}"), format!("/report/{}", case.to_string().to_lowercase())] {
        let page = ledger.get(&at).await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
        assert!(page.text().contains("Đã nhận báo cáo") && page.text().contains(&case.to_string()));
        assert!(page.text().contains("<meta name=\"robots\" content=\"noindex\">"));
        for private in [CANARY, "bà Canary", "chợ lạ", &path] {
            assert!(!page.text().contains(private), "{private}");
        }
    }
    ledger.service.reports().desk().close(case, "Đã kiểm tra <b>tại chợ</b>.").await.unwrap();
    let page = ledger.get(&format!("/report/{case}?lang=en")).await;
    assert!(page.text().contains("Đã kiểm tra &#60;b&#62;tại chợ&#60;/b&#62;."), "{}", page.text());
    // Somebody asks to be forgotten: the page says that it is done.
    assert!(!page.text().contains("of this case are erased"));
    ledger.service.reports().desk().erase(case).await.unwrap();
    let page = ledger.get(&format!("/report/{case}?lang=en")).await;
    assert!(page.text().contains("contact and photograph of this case are erased"), "{}", page.text());
    let found = ledger.get(&format!("/report?case={case}&lang=en")).await;
    assert_eq!(found.header("location"), format!("/report/{case}?lang=en"));
    for unknown in ["/report/0000-0000-0012", "/report/x", "/report?case=%3Cscript%3E", "/report/%00"] {
        let page = ledger.get(unknown).await;
        assert_eq!(page.status, 404, "{unknown}");
        assert!(page.text().contains("Không có hồ sơ này") && !page.text().contains("<script"), "{unknown}");
    }
}

#[tokio::test]
async fn what_was_refused_comes_back_as_it_was_filled_in() {
    let (ledger, path) = lot().await;
    let words = "Tem <script>alert(1)</script> \"><img src=x onerror=y> {{7*7}} ${1}";
    let base: [(&str, &[u8]); 3] =
        [("code", path.as_bytes()), ("reason", b"other"), ("text", words.as_bytes())];
    let with = |more: &[(&'static str, &'static [u8])]| [&base[..], more].concat();
    let long = vec![b'x'; 1_001];
    let answers = [
        (send(&ledger, &with(&[("contact", b"x")])).await, 422, "Đây chưa phải số điện thoại"),
        (send(&ledger, &with(&[("website", b"http://spam")])).await, 422, "Ô dành cho máy"),
        (send(&ledger, &with(&[("photo", b"PK\x03\x04 photo.jpg")])).await, 422, "Không mở được ảnh"),
        (send(&ledger, &[base[0], base[2]]).await, 422, "Hãy chọn một lý do"),
        (post(&ledger, "/report", &with(&[("token", b"00")])).await, 422, "Biểu mẫu đã mở quá lâu"),
        (post(&ledger, "/report", &base).await, 422, "Biểu mẫu đã mở quá lâu"),
    ];
    for (answer, status, text) in answers {
        let page = answer.text();
        assert_eq!((answer.status.as_u16(), page.contains(text)), (status, true), "{text}: {page}");
        assert!(page.contains("Tem &#60;script&#62;alert(1)"), "{text}");
        assert!(page.contains("role=\"alert\"") && !page.contains("<script") && !page.contains("<img src=x"));
        assert_ne!(page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().len(), 0);
    }
    let answer = send(&ledger, &[base[0], base[1], ("text", &long)]).await;
    assert!(answer.text().contains("tối đa 1000 ký tự"), "{}", answer.text());
    let answer = send(&ledger, &[("reason", b"other"), ("text", b" \r\n ")]).await;
    assert!(answer.text().contains("Hãy cho biết một điều"));
    let early = token(&ledger).await;
    let answer =
        post(&ledger, "/report?lang=en", &[&[("token", early.as_bytes())], &base[..]].concat()).await;
    assert!(answer.text().contains("The form came back very fast"), "{}", answer.text());
    assert_eq!(ledger.service.reports().desk().list(None, 10).await.unwrap(), [], "none of them is kept");
}

#[tokio::test]
async fn a_form_that_was_sent_twice_is_one_case_and_a_changed_one_asks() {
    let (ledger, path) = lot().await;
    let token = token(&ledger).await;
    pass(&ledger, 30);
    let fields = [("token", token.as_bytes()), ("code", path.as_bytes()), ("reason", b"other".as_slice())];
    let case = case_of(&post(&ledger, "/report", &fields).await);
    assert_eq!(case_of(&post(&ledger, "/report", &fields).await), case);
    let changed = post(&ledger, "/report", &[&fields[..], &[("text", b"more")]].concat()).await;
    assert_eq!(changed.status, 409);
    assert!(changed.text().contains(&case.to_string()) && changed.text().contains(">\nmore</textarea>"));
}

#[tokio::test]
async fn too_many_reports_are_told_when_to_come_back() {
    let (ledger, _) = lot().await;
    for n in 0..10 {
        let words = format!("report {n}");
        case_of(&send(&ledger, &[("reason", b"other"), ("text", words.as_bytes())]).await);
    }
    // Half a minute each: a few were given back meanwhile.
    let mut more = 0;
    let answer = loop {
        let answer = send(&ledger, &[("reason", b"other"), ("text", b"one more")]).await;
        if answer.status != 303 {
            break answer;
        }
        more += 1;
    };
    assert_eq!(more, 3, "ten, and one for each two minutes of six and a half");
    assert_eq!(answer.status, 429);
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    assert!(
        answer.text().contains("Mạng bạn đang dùng vừa gửi nhiều báo cáo")
            && answer.text().contains("one more")
    );

    // And who only knocks is not even read.
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(post(&ledger, "/report", &[("reason", b"other")]).await.status.as_u16());
    }
    assert_eq!(statuses.last(), Some(&429));
    let cases = ledger.service.reports().desk().list(None, 100).await.unwrap();
    assert_eq!(cases.len(), 13);
}

#[tokio::test]
async fn bombs_and_other_bodies_are_refused_and_nothing_is_kept() {
    let (ledger, _) = lot().await;
    let token = token(&ledger).await;
    pass(&ledger, 30);
    let many = |count: usize, size: usize| {
        let contents = vec![b'x'; size];
        let fields: Vec<(&str, &[u8])> = (0..count).map(|_| ("photo", contents.as_slice())).collect();
        body(&fields)
    };
    let multipart = "multipart/form-data; boundary=bnd";
    let huge_header =
        format!("--bnd\r\nX-Bomb: {}\r\n\r\nx\r\n--bnd--\r\n", "y".repeat(1 << 20)).into_bytes();
    let mut flood = photograph();
    let frame = flood.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    flood.splice(frame + 5..frame + 9, [0xff; 4]);
    let flood = body(&[("token", token.as_bytes()), ("reason", b"other"), ("photo", &flood)]);
    for (media_type, bytes, status) in [
        (multipart, many(100, 10), 400),
        (multipart, many(1, 8_000_002), 413),
        (multipart, vec![b'x'; 9_000_000], 413),
        (multipart, huge_header, 400),
        (multipart, b"no form at all".to_vec(), 400),
        (multipart, Vec::new(), 400),
        (multipart, flood, 413),
        ("multipart/form-data", many(1, 1), 400),
        ("multipart/form-data; boundary=", many(1, 1), 400),
        ("application/x-www-form-urlencoded", b"reason=other&text=x".to_vec(), 400),
        ("application/json", b"{}".to_vec(), 400),
        ("text/plain", b"x".to_vec(), 400),
    ] {
        let request = Request::post("/report").header("content-type", media_type);
        let answer = ledger.call(request.body(Body::from(bytes)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{media_type}: {}", answer.text());
        assert!(answer.header("content-type").starts_with("text/html"), "{media_type}");
        assert!(answer.text().contains("role=\"alert\""));
    }
    let zipped =
        Request::post("/report").header("content-type", multipart).header("content-encoding", "gzip");
    assert_eq!(ledger.call(zipped.body(Body::from(many(1, 1))).unwrap()).await.status, 415);
    assert_eq!(ledger.service.reports().desk().list(None, 10).await.unwrap(), []);
}

/// Where a test's log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_contact_gets_into_a_log_a_page_a_feed_or_a_metric() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (ledger, path) = lot().await;
    let fields = [
        ("code", path.as_bytes()),
        ("reason", b"other".as_slice()),
        ("text", b"I am Canary Bird".as_slice()),
        ("contact", CANARY.as_bytes()),
    ];
    let case = case_of(&send(&ledger, &fields).await);
    // Refused ones too: the contact, and then the form again.
    send(&ledger, &[("reason", b"nonsense"), ("contact", CANARY.as_bytes())]).await;
    let maker = ledger.service.reports().desk().case(case).await.unwrap().unwrap().organisation.unwrap();
    let of = ledger.service.reports_of(maker, None, 10).await.unwrap();
    assert_eq!(of.len(), 1);
    assert!(!format!("{of:?}").contains(CANARY));
    for at in [
        &path,
        "/",
        &format!("/report/{case}"),
        "/report",
        "/api/v1/listings",
        "/api/openapi.json",
        "/checkpoint",
        &format!("/api/v1/lots{path}"),
        &format!("/api/v1/trace{path}"),
        &format!("/o/{maker}"),
    ] {
        let answer = ledger.get(at).await;
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains(CANARY) && !text.contains("Canary Bird"), "{at}");
    }
    assert_eq!(ledger.get("/metrics").await.status, 404, "what is counted is nobody's outside");
    let counted = ledger.counters().await;
    assert!(counted.status == 200 && !counted.text().contains(CANARY), "{}", counted.text());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("answered") && log.contains("/report"), "the log is on: {} bytes", log.len());
    for private in [CANARY, "Canary Bird", &case.to_string()] {
        assert!(!log.contains(private), "{private} is in the log");
    }
    ledger.service.settle().await;
    let mut folders = vec![ledger._folder.path().join("public")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            let bytes = std::fs::read(&file).unwrap();
            let is_there = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!is_there, "{}", file.display());
        }
    }
}
