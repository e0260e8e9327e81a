//! Honest pictures of the three kinds, and every way in which one is more, less or other than it says.

use super::*;

/// A picture with something to see, written by the `image` crate.
fn sample(kind: Kind, width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let part = |n: u32| u8::try_from(n % 256).expect("a remainder");
        image::Rgb([part(x * 3), part(y * 5), part(x ^ y)])
    });
    let format = match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::Webp => ImageFormat::WebP,
    };
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg_with(marker: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = sample(Kind::Jpeg, 16, 8);
    let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xff, marker][..], &length, contents].concat();
    bytes.splice(2..2, segment);
    bytes
}

fn png_with(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let mut bytes = sample(Kind::Png, 16, 8);
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    // Behind the header of 25 bytes; the check sum is not ours to check.
    bytes.splice(33..33, [&length[..], kind, contents, &[0; 4]].concat());
    bytes
}

fn webp_with(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let mut bytes = sample(Kind::Webp, 16, 8);
    let length = u32::try_from(contents.len()).unwrap().to_le_bytes();
    bytes.extend([kind, &length[..], contents, &[0][..contents.len() % 2]].concat());
    let whole = u32::try_from(bytes.len() - 8).unwrap().to_le_bytes();
    bytes.splice(4..8, whole);
    bytes
}

#[test]
fn each_kind_tells_its_size_and_decodes() {
    for kind in [Kind::Jpeg, Kind::Png, Kind::Webp] {
        let bytes = sample(kind, 300, 200);
        let picture = Picture::inspect(&bytes).unwrap();
        assert_eq!(
            picture,
            Picture { kind, width: 300, height: 200, is_progressive: false, beside: Vec::new() }
        );
        picture.clone().alone().unwrap().within(60_000).unwrap().check_pixels(&bytes).unwrap();
        let small = picture.rewrite(&bytes, 120, 120).unwrap();
        let small = Picture::inspect(&small).unwrap();
        assert_eq!((small.kind, small.width, small.height), (Kind::Jpeg, 120, 80));
        assert!(small.alone().is_ok(), "what we write is a picture and nothing else");
    }
}

#[test]
fn what_stands_beside_a_picture_has_a_name() {
    let exif = [b"Exif\0\0".as_slice(), b"MM\0*\0\0\0\x08\0\0"].concat();
    let trailing = |kind| [sample(kind, 16, 8), b"PK\x03\x04".to_vec()].concat();
    for (bytes, name) in [
        (jpeg_with(0xe1, &exif), "EXIF"),
        (jpeg_with(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"), "XMP"),
        (jpeg_with(0xe2, b"MPF\0"), "more pictures (MPF)"),
        (jpeg_with(0xed, b"Photoshop 3.0\08BIM"), "IPTC"),
        (jpeg_with(0xfe, b"Nguyen Van A, 0912345678"), "a comment"),
        (jpeg_with(0xe5, b"?"), "a segment E5"),
        (jpeg_with(0xe0, b"JFXX\0\x10"), "a small copy (JFIF)"),
        (trailing(Kind::Jpeg), "bytes behind the end of the picture"),
        (png_with(b"eXIf", b"MM\0*"), "EXIF"),
        (png_with(b"tEXt", b"Author\0A"), "a text"),
        (png_with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"), "XMP"),
        (png_with(b"tIME", &[7, 234, 4, 17, 8, 0, 0]), "a time"),
        (png_with(b"prVt", b"?"), "a chunk prVt"),
        (png_with(b"p\"\x1bt", b"?"), "a chunk p\\\"\\x1bt"),
        (trailing(Kind::Png), "bytes behind the end of the picture"),
        (webp_with(b"EXIF", b"MM\0*x"), "EXIF"),
        (webp_with(b"XMP ", b"<x:xmpmeta/>"), "XMP"),
        (webp_with(b"FILM", b"?"), "a chunk FILM"),
        (trailing(Kind::Webp), "bytes behind the end of the picture"),
    ] {
        let picture = Picture::inspect(&bytes).unwrap();
        assert_eq!(picture.beside, [name], "{name}");
        assert_eq!(picture.alone(), Err(PictureError::Beside(name.to_owned())));
    }
}

#[test]
fn a_picture_that_lies_on_its_side_is_written_upright() {
    // Orientation 6: the camera was turned. TIFF big-endian, one entry: 0x0112 SHORT 1 = 6.
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let bytes = jpeg_with(0xe1, exif);
    let picture = Picture::inspect(&bytes).unwrap();
    assert_eq!((picture.width, picture.height), (16, 8));
    let written = picture.rewrite(&bytes, 100, 100).unwrap();
    let written = Picture::inspect(&written).unwrap();
    assert_eq!((written.width, written.height, written.beside), (8, 16, Vec::new()));
}

#[test]
fn a_colour_profile_stays_and_is_no_secret() {
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[7; 200]].concat();
    let bytes = jpeg_with(0xe2, &profile);
    let picture = Picture::inspect(&bytes).unwrap().alone().unwrap();
    let written = picture.rewrite(&bytes, 100, 100).unwrap();
    assert!(written.windows(200).any(|window| window == [7; 200]));
}

/// The header of a picture that promises this many pixels and holds none.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    let mut png = sample(Kind::Png, 16, 8);
    png.splice(16..24, [60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat());
    let mut jpeg = sample(Kind::Jpeg, 16, 8);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg.splice(frame + 5..frame + 9, [0xff; 4]);
    let mut lossless = sample(Kind::Webp, 16, 8);
    let at = lossless.windows(4).position(|four| four == b"VP8L").unwrap() + 9;
    lossless.splice(at..at + 4, [0xff, 0xff, 0xff, 0x0f]);
    let canvas = [&[0; 4][..], &[0xff; 6]].concat();
    let body = [b"WEBPVP8X\x0a\0\0\0".as_slice(), &canvas].concat();
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let extended = [b"RIFF".as_slice(), &length, &body].concat();
    vec![("png", png), ("jpeg", jpeg), ("lossless webp", lossless), ("extended webp", extended)]
}

#[test]
fn a_flood_of_pixels_is_refused_by_its_header() {
    for (name, bytes) in floods() {
        assert!(bytes.len() < 2_000, "{name}");
        let refused = Picture::inspect(&bytes).unwrap().within(PIXELS_MAX).unwrap_err();
        assert!(matches!(refused, PictureError::TooManyPixels { .. }), "{name}: {refused}");
    }
}

#[test]
fn moving_deep_and_rare_pictures_are_not_taken() {
    let mut deep = sample(Kind::Png, 16, 8);
    deep[24] = 16;
    let mut rare = sample(Kind::Jpeg, 16, 8);
    let frame = rare.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    rare[frame + 1] = 0xc3;
    // A scan of nothing, forty times: each would be one more walk over all pixels.
    let mut many = sample(Kind::Jpeg, 16, 8);
    let end = many.len() - 2;
    many.splice(end..end, [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0].repeat(40));
    for bytes in [deep, rare, many, png_with(b"acTL", &[0; 8]), webp_with(b"ANIM", &[0; 6])] {
        let refused = Picture::inspect(&bytes).unwrap_err();
        assert!(matches!(refused, PictureError::Unsupported(_)), "{refused}");
    }
}

#[test]
fn what_is_no_picture_is_told_apart() {
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0";
    for bytes in
        [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", zip, b"\xff\xd8"]
    {
        assert_eq!(Picture::inspect(bytes), Err(PictureError::NotAPicture), "{bytes:?}");
    }
    // A zip behind three honest bytes.
    let refused = Picture::inspect(&[b"\xff\xd8\xff".as_slice(), zip].concat()).unwrap_err();
    assert!(matches!(refused, PictureError::Broken(_)), "{refused}");
}

#[test]
fn no_cut_and_no_wrong_byte_panics_or_takes_long() {
    for kind in [Kind::Jpeg, Kind::Png, Kind::Webp] {
        let whole = sample(kind, 24, 16);
        for end in 0..whole.len() {
            assert!(Picture::inspect(&whole[..end]).is_err(), "{kind:?} cut at {end}");
        }
        for at in 0..whole.len() {
            for bit in [0x01, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= bit;
                // Whatever it says, decoding it stays within what the header promised.
                if let Ok(picture) = Picture::inspect(&bytes).and_then(|picture| picture.within(PIXELS_MAX)) {
                    drop(picture.check_pixels(&bytes));
                }
            }
        }
    }
}
