//! Drawings that stand where a photograph will: one for each kind of produce, drawn by us, and said to be a drawing.
//!
//! They are part of the page (a kilobyte each), use no text from outside and no style of their own. Their colours hold on
//! light and dark pages.

use axum::http::header;
use axum::response::IntoResponse;

/// The drawing of a category slug, and the word under which its name stands in the messages.
pub(crate) fn of(category: &str) -> (&'static str, &'static str) {
    match category {
        "coffee" => (include_str!("../../static/drawings/coffee.svg"), "coffee"),
        "strawberry" => (include_str!("../../static/drawings/strawberry.svg"), "strawberry"),
        "tomato" => (include_str!("../../static/drawings/tomato.svg"), "tomato"),
        "artichoke" => (include_str!("../../static/drawings/artichoke.svg"), "artichoke"),
        "dragon-fruit" => (include_str!("../../static/drawings/dragon-fruit.svg"), "dragon-fruit"),
        "sweet-potato" => (include_str!("../../static/drawings/sweet-potato.svg"), "sweet-potato"),
        "potato" => (include_str!("../../static/drawings/potato.svg"), "potato"),
        "rice" => (include_str!("../../static/drawings/rice.svg"), "rice"),
        "tea" => (include_str!("../../static/drawings/tea.svg"), "tea"),
        _ => (include_str!("../../static/drawings/produce.svg"), "produce"),
    }
}

/// `GET /favicon.ico`: the leaf of these pages, as SVG; browsers ask for it by themselves.
pub(crate) async fn icon() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=604800")];
    (headers, include_str!("../../static/icon.svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_small_and_load_nothing() {
        let known = [
            "coffee",
            "strawberry",
            "tomato",
            "artichoke",
            "dragon-fruit",
            "sweet-potato",
            "potato",
            "rice",
            "tea",
            "?",
        ];
        for category in known {
            let (drawing, _) = of(category);
            assert!(drawing.starts_with("<svg ") && drawing.trim_end().ends_with("</svg>"), "{category}");
            assert!(drawing.len() < 2_200, "{category} has {} bytes", drawing.len());
            for word in ["href", "style", "script", "url(", " on"] {
                assert!(!drawing.contains(word), "{category}: {word}");
            }
        }
    }
}
