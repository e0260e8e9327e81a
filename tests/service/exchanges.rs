//! Exchanges and their keys: who is let in, to what, and how often.

use nguon_market::{Profile, Rates};
use nguon_service::exchanges::{AccountError, Exchanges, KeyRefused, LIVE_KEYS_MAX, Scope};

use super::given;

const DAY_MS: i64 = 86_400_000;

/// Why a key was not let in.
async fn refused(exchanges: &Exchanges, key: &str, scope: Scope) -> KeyRefused {
    exchanges.authenticate(key, scope).await.map(|caller| caller.exchange).unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_scopes_say_and_its_secret_is_nowhere() {
    let Some(world) = given().await else { return };
    let exchanges = world.service().exchanges();
    let key = exchanges.add("voso", "Vỏ Sò", &Profile::default(), &[Scope::Feed]).await.unwrap();
    let key = key.reveal();
    let caller = exchanges.authenticate(key, Scope::Feed).await.unwrap();
    assert_eq!((caller.exchange.as_str(), caller.name.as_str()), ("voso", "Vỏ Sò"));
    assert_eq!((caller.allowance.quota, caller.allowance.remaining), (60, 59));
    assert!(matches!(refused(exchanges, key, Scope::Orders).await, KeyRefused::Scope(Scope::Orders)));

    let view = exchanges.one("voso").await.unwrap().unwrap();
    let secret = key.rsplit('_').next().unwrap();
    let rows = format!("{view:?}");
    assert!(!rows.contains(secret) && rows.contains(&caller.key_id));
    assert_ne!(view.keys[0].hash, hex::decode(secret).unwrap(), "a hash is kept, not the secret");

    let last = if key.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &key[..key.len() - 1]);
    assert!(matches!(refused(exchanges, &wrong, Scope::Feed).await, KeyRefused::Unknown));
    assert!(matches!(refused(exchanges, "", Scope::Feed).await, KeyRefused::Unknown));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_hold_while_one_takes_over_from_the_other() {
    let Some(world) = given().await else { return };
    let exchanges = world.service().exchanges();
    let scopes = [Scope::Orders, Scope::Feed];
    let old = exchanges.add("voso", "Vỏ Sò", &Profile::default(), &scopes).await.unwrap();
    exchanges.authenticate(old.reveal(), Scope::Feed).await.unwrap();
    world.clock.set(world.service().now_ms() + 1);
    let new = exchanges.rotate("voso", 7 * DAY_MS).await.unwrap();
    for scope in scopes {
        exchanges.authenticate(old.reveal(), scope).await.unwrap();
        exchanges.authenticate(new.reveal(), scope).await.unwrap();
    }
    let now_ms = world.service().now_ms();
    world.clock.set(now_ms + 7 * DAY_MS - 1);
    exchanges.authenticate(old.reveal(), Scope::Feed).await.unwrap();
    world.clock.set(now_ms + 7 * DAY_MS);
    assert!(matches!(refused(exchanges, old.reveal(), Scope::Feed).await, KeyRefused::Ended));
    world.clock.set(now_ms + 8 * DAY_MS);
    exchanges.authenticate(new.reveal(), Scope::Feed).await.unwrap();

    let keys = exchanges.one("voso").await.unwrap().unwrap().keys;
    assert_eq!(keys.len(), 2);
    assert!(keys[0].last_day < keys[1].last_day, "who rotates sees which key is still in use: {keys:?}");

    // A key that leaked ends at once.
    assert!(exchanges.end_key(&keys[1].key_id).await.unwrap());
    assert!(matches!(refused(exchanges, new.reveal(), Scope::Feed).await, KeyRefused::Ended));
    for _ in 0..LIVE_KEYS_MAX {
        exchanges.add_key("voso", &[Scope::Feed]).await.unwrap();
    }
    let one_more = exchanges.add_key("voso", &[Scope::Feed]).await;
    assert!(matches!(one_more.map(drop), Err(AccountError::TooManyKeys)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_waits_and_is_told_how_long() {
    let Some(world) = given().await else { return };
    let exchanges = world.service().exchanges();
    let rates = Rates { feed: 3, ..Rates::default() };
    let profile = Profile { requests_per_minute: rates, ..Profile::default() };
    let key = exchanges.add("voso", "Vỏ Sò", &profile, &Scope::ALL).await.unwrap();
    for left in [2, 1, 0] {
        let caller = exchanges.authenticate(key.reveal(), Scope::Feed).await.unwrap();
        assert_eq!(caller.allowance.remaining, left);
    }
    let KeyRefused::TooMany(allowance) = refused(exchanges, key.reveal(), Scope::Feed).await else {
        panic!("the fourth was let in");
    };
    assert_eq!((allowance.remaining, allowance.reset_s), (0, 20));
    // Orders have a rate of their own, and a second key no second rate.
    exchanges.authenticate(key.reveal(), Scope::Orders).await.unwrap();
    let second = exchanges.add_key("voso", &[Scope::Feed]).await.unwrap();
    assert!(matches!(refused(exchanges, second.reveal(), Scope::Feed).await, KeyRefused::TooMany(_)));
    world.clock.set(world.service().now_ms() + 20_000);
    exchanges.authenticate(key.reveal(), Scope::Feed).await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_exchange_is_let_in_no_more_and_its_code_is_not_given_again() {
    let Some(world) = given().await else { return };
    let exchanges = world.service().exchanges();
    let key = exchanges.add("voso", "Vỏ Sò", &Profile::default(), &[Scope::Feed]).await.unwrap();
    exchanges.remove("voso").await.unwrap();
    assert!(matches!(refused(exchanges, key.reveal(), Scope::Feed).await, KeyRefused::Ended));
    assert!(matches!(exchanges.remove("voso").await, Err(AccountError::Unknown)));
    assert!(matches!(exchanges.rotate("voso", 0).await.map(drop), Err(AccountError::Unknown)));
    let again = exchanges.add("voso", "Kẻ khác", &Profile::default(), &[Scope::Feed]).await;
    assert!(matches!(again.map(drop), Err(AccountError::Taken)));
    for (code, name) in [("Voso", "x"), ("v", "x"), ("voso-2", ""), ("voso-2", "a\nb")] {
        assert!(
            exchanges.add(code, name, &Profile::default(), &[Scope::Feed]).await.is_err(),
            "{code} {name}"
        );
    }
    assert!(matches!(
        exchanges.add("voso-2", "x", &Profile::default(), &[]).await.map(drop),
        Err(AccountError::NoScope)
    ));
    let wrong = Profile { stock_buffer_permille: 2_000, ..Profile::default() };
    assert!(matches!(
        exchanges.add("voso-2", "x", &wrong, &[Scope::Feed]).await.map(drop),
        Err(AccountError::Profile(_))
    ));
    assert_eq!(exchanges.list().await.unwrap().len(), 1);
    world.end().await;
}
