//! Hồ sơ người bán: one zip for an exchange that takes no feed, only letters.
//!
//! ```text
//! DOC-TRUOC.txt                what is in it, and what it lacks
//! phieu-dang-ky.xlsx           who sells: name, address, tax number, telephone
//! san-pham.xlsx, san-pham.csv  what is for sale, as the exchange is shown it
//! anh/<sku>-1.jpg …            photographs, three a product at most, under plain names
//! giay-to/giay-to.csv          certificates, with who signed for each
//! qr/<sku>.svg, qr/<sku>.png   the code that leads to each product's origin
//! manifest.json                every file with its size and BLAKE3
//! ```
//!
//! The guides of provincial exchanges ask for the business licence and the representative's papers too. The ledger has neither: they
//! are personal, and `DOC-TRUOC.txt` says so. Nothing here names a person.

use std::collections::BTreeSet;
use std::io::{Cursor as Bytes, Write as _};
use std::sync::Arc;

use nguon_export::listings::{ListingsSheet, SheetCell};
use nguon_label::{QrCode, SvgOptions};
use nguon_ledger::OrganisationId;
use nguon_market::form::Form;
use nguon_market::form::table::{COLUMNS, guarded};
use nguon_market::{Digest, FeedItem, ProductKey, Profile};
use nguon_trace::facts::Organisation;
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{FeedError, Feeds, Selection, sheet_row, vietnam_day};
use crate::exports::Export;
use crate::images::Shown as Picture;

/// Products of one dossier, at most.
pub const PRODUCTS_MAX: usize = 200;
/// Photographs of one product.
const PHOTOS: usize = 3;
/// Bytes of photographs in one dossier, at most: mail servers take twenty to thirty million.
const PHOTO_BYTES_MAX: usize = 18_000_000;
/// A photograph is at most so wide.
const PHOTO_WIDTH: u32 = 1_280;

impl Feeds {
    /// The dossier of a seller for an exchange. `who` is the organisation's card.
    pub async fn dossier(
        &self,
        profile: Arc<Profile>,
        id: OrganisationId,
        who: &Organisation,
    ) -> Result<Export, FeedError> {
        let selection = Selection { organisation: Some(Digest(*id.as_bytes())), category: None };
        let mut walk = self.begin(Some(profile.clone()), selection).await?;
        let mut items: Vec<FeedItem> = Vec::new();
        while let Some(more) = self.step(&mut walk).await? {
            items.extend(more);
            if items.len() > PRODUCTS_MAX {
                return Err(FeedError::TooManyRows);
            }
        }
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let made_on = vietnam_day(self.clock.now_ms());
        let title = format!("Tin chào bán: {}", who.name.vi);
        let sheet = |name, columns: &[(&'static str, u16)], rows| {
            ListingsSheet { name, title: &title, author: &who.name.vi, columns, rows, made_on }.to_xlsx()
        };
        files.push(("DOC-TRUOC.txt".to_owned(), read_first(&who.name.vi, items.len()).into_bytes()));
        let columns = [("Mục", 34), ("Nội dung", 60)];
        files.push(("phieu-dang-ky.xlsx".to_owned(), sheet("Người bán", &columns, registration(who))?));
        let rows = items.iter().map(|item| sheet_row(item, &profile)).collect();
        files.push(("san-pham.xlsx".to_owned(), sheet("Hàng bán", &COLUMNS, rows)?));
        let mut writer = self.writer(Form::Csv, &walk);
        let mut csv = Vec::new();
        writer.begin(&mut csv);
        for item in &items {
            writer.item(item, &item.shown.clone().unwrap_or_else(|| profile.show(item)), &mut csv);
        }
        files.push(("san-pham.csv".to_owned(), csv));
        files.push(("giay-to/giay-to.csv".to_owned(), papers(&items).into_bytes()));
        files.extend(self.pictures(&items).await?);
        files.push(("manifest.json".to_owned(), manifest(&id, &files, &self.base_url)));
        Ok(Export {
            bytes: zipped(&files)?,
            file_name: format!("ho-so-{}-{made_on}.zip", crate::exports::slug(&who.name.vi)),
            media_type: "application/zip",
            remarks: Vec::new(),
        })
    }

    /// Photographs and codes of each product, each product once.
    async fn pictures(&self, items: &[FeedItem]) -> Result<Vec<(String, Vec<u8>)>, FeedError> {
        let (mut files, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
        for item in items {
            let sku = match &item.product {
                ProductKey::Gtin(gtin) => gtin.to_string(),
                ProductKey::InternalCode(code) => code.to_string(),
            };
            if !seen.insert(sku.clone()) {
                continue;
            }
            for (place, image) in item.images.iter().take(PHOTOS).enumerate() {
                let digest = nguon_trace::facts::Digest(image.blake3.0);
                let shown = self.images.show(digest, Some(PHOTO_WIDTH)).await;
                let shown =
                    shown.inspect_err(|error| tracing::warn!(%error, "a picture is left out of a dossier"));
                if let Ok(Picture::Picture(picture)) = shown
                    && bytes + picture.len() <= PHOTO_BYTES_MAX
                {
                    bytes += picture.len();
                    files.push((format!("anh/{sku}-{}.{}", place + 1, ending(&picture)), picture));
                }
            }
            if let Ok(code) = QrCode::new(&item.trace_url) {
                files.push((format!("qr/{sku}.svg"), code.svg(&SvgOptions::default()).into_bytes()));
                files.push((format!("qr/{sku}.png"), code.png(12)));
            }
        }
        Ok(files)
    }
}

/// By the bytes, whatever the record says.
fn ending(picture: &[u8]) -> &'static str {
    match picture {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}

fn registration(who: &Organisation) -> Vec<Vec<SheetCell>> {
    let tax = who.identifiers.iter().find(|one| one.scheme == "tax").map(|one| one.value.clone());
    let rows = [
        ("Tên đơn vị", Some(who.name.vi.clone())),
        ("Địa chỉ", Some(who.address.vi.clone())),
        ("Mã xã", who.commune.map(|commune| commune.code.to_string())),
        ("Mã số thuế", tax),
        ("Điện thoại đơn vị", who.hotline.clone()),
        ("Trang mạng", who.website.clone()),
        ("Người đại diện (đơn vị tự điền)", None),
        ("Số giấy phép kinh doanh (đơn vị tự điền)", None),
        ("Tài khoản nhận tiền (đơn vị tự điền)", None),
    ];
    let cell = |text: Option<String>| text.map_or(SheetCell::Empty, SheetCell::Text);
    rows.into_iter().map(|(name, value)| vec![SheetCell::Text(name.to_owned()), cell(value)]).collect()
}

/// Certificates, each once.
fn papers(items: &[FeedItem]) -> String {
    let mut lines = BTreeSet::new();
    for paper in items.iter().flat_map(|item| &item.certificates) {
        let until = paper.valid_until.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default();
        let cells = [
            paper.scheme.clone(),
            paper.number.clone(),
            paper.issuer.clone(),
            paper.valid_from.strftime("%d/%m/%Y").to_string(),
            until,
            if paper.confirmed { "tổ chức chứng nhận đã ký" } else { "đơn vị tự khai" }.to_owned(),
        ];
        let cells: Vec<String> =
            cells.iter().map(|cell| format!("\"{}\"", guarded(cell).replace('"', "\"\""))).collect();
        lines.insert(cells.join(","));
    }
    let head = "Loại giấy,Số,Nơi cấp,Từ ngày,Đến ngày,Ai ký xác nhận trong sổ";
    let rows = lines.into_iter().map(|line| format!("{line}\r\n")).collect::<String>();
    format!("\u{feff}{head}\r\n{rows}")
}

fn read_first(name: &str, products: usize) -> String {
    format!(
        "HỒ SƠ NGƯỜI BÁN: {name}\r\n\r\n\
         Có {products} tin chào bán. Mỗi tin là một bản ghi đã ký; cột “Bằng chứng trong sổ” dẫn đến bằng chứng.\r\n\
         phieu-dang-ky.xlsx  thông tin đơn vị; ba dòng cuối đơn vị tự điền\r\n\
         san-pham.xlsx       hàng bán (san-pham.csv: cùng nội dung)\r\n\
         anh/                ảnh sản phẩm\r\n\
         giay-to/            danh sách giấy chứng nhận còn hiệu lực\r\n\
         qr/                 mã QR dẫn đến trang truy xuất\r\n\
         manifest.json       mã băm BLAKE3 của từng tệp\r\n\r\n\
         Sổ không giữ giấy phép kinh doanh và giấy tờ của người đại diện: đơn vị gửi kèm nếu sàn yêu cầu.\r\n\r\n\
         ---\r\n\
         SELLER'S DOSSIER. {products} listings, each a signed record with its proof in the ledger. The business licence and the\r\n\
         representative's papers are not in the ledger: the seller adds them where the exchange asks for them.\r\n"
    )
}

fn manifest(id: &OrganisationId, files: &[(String, Vec<u8>)], base_url: &str) -> Vec<u8> {
    let files: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            json!({ "name": name, "bytes": bytes.len(), "blake3": blake3::hash(bytes).to_hex().as_str() })
        })
        .collect();
    let manifest = json!({
        "format": "nguon dossier 1",
        "organisation_id": id.to_string(),
        "ledger": base_url,
        "files": files,
    });
    serde_json::to_vec_pretty(&manifest).expect("a manifest has text keys only")
}

fn zipped(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, FeedError> {
    let failed = |error: &dyn std::fmt::Display| {
        FeedError::Sheet(nguon_export::SheetError::Writer(format!("the zip: {error}")))
    };
    let mut zip = ZipWriter::new(Bytes::new(Vec::new()));
    let plain = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, bytes) in files {
        zip.start_file(name, plain).map_err(|error| failed(&error))?;
        zip.write_all(bytes).map_err(|error| failed(&error))?;
    }
    Ok(zip.finish().map_err(|error| failed(&error))?.into_inner())
}
