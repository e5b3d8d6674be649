//! Makes a picture small: the bytes of a file come in, those of a JPEG or PNG of a given size go out. Files are
//! hostile: what would take too much memory is refused before it is decoded, and nothing but the pixels goes out.

use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use std::io::Cursor;

/// Of 100.
const JPEG_QUALITY: u8 = 82;
/// Bytes of a pixel in memory; pictures with more colours may have fewer pixels.
const PIXEL_BYTES: u64 = 4;
/// What decoders need besides pixels.
const SPARE_BYTES: u64 = 16 << 20;
/// Pixels of the longest side.
const SIDE_PX_MAX: u32 = 65_535;

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPicture {
    /// It is none, or of a kind that is not read.
    #[error("it is no JPEG, PNG, GIF or WebP")]
    OtherKind,
    /// It has too many pixels.
    #[error("it is larger than {pixels_max} pixels, the most that are made small here")]
    TooLarge { pixels_max: u64 },
    /// It can't be read.
    #[error("it can't be read as the picture that it says it is: {0}")]
    Damaged(String),
}

/// A small picture.
pub(super) struct Small {
    pub(super) bytes: Vec<u8>,
}

/// Makes a picture whose longer side has at most so many pixels, the right way up.
///
/// # Errors
/// If it is none, too large or damaged.
pub(super) fn shrink(bytes: &[u8], size_px: u16, pixels_max: u64) -> Result<Small, NoPicture> {
    let too_large = NoPicture::TooLarge { pixels_max };
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| NoPicture::OtherKind)?;
    let is_known = |format| {
        matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP)
    };
    if !reader.format().is_some_and(is_known) {
        return Err(NoPicture::OtherKind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PX_MAX);
    limits.max_image_height = Some(SIDE_PX_MAX);
    let memory_bytes = pixels_max.saturating_mul(PIXEL_BYTES).saturating_add(SPARE_BYTES);
    limits.max_alloc = Some(memory_bytes);
    reader.limits(limits);
    let failed = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => too_large.clone(),
        error => NoPicture::Damaged(error.to_string()),
    };
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels_max || decoder.total_bytes() > memory_bytes {
        return Err(too_large);
    }
    // A picture whose camera says nonsense is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let size_px = u32::from(size_px);
    let is_large = picture.width().max(picture.height()) > size_px;
    let mut small = if is_large { picture.thumbnail(size_px, size_px) } else { picture };
    small.apply_orientation(orientation);
    written(&small).map_err(failed)
}

/// As JPEG, or as PNG if one sees through it.
fn written(picture: &DynamicImage) -> Result<Small, image::ImageError> {
    let mut bytes = Vec::new();
    if picture.color().has_alpha() {
        DynamicImage::ImageRgba8(picture.to_rgba8())
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
    }
    Ok(Small { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GenericImageView as _, Rgb, RgbImage, Rgba, RgbaImage};

    const PIXELS_MAX: u64 = 4_000_000;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// Red on the left, blue on the right.
    fn two_sided(width: u32, height: u32) -> DynamicImage {
        let colour = |x| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| colour(x)))
    }

    fn small(bytes: &[u8], size_px: u16) -> DynamicImage {
        image::load_from_memory(&shrink(bytes, size_px, PIXELS_MAX).unwrap().bytes).unwrap()
    }

    fn is_red(picture: &DynamicImage, x: u32, y: u32) -> bool {
        let Rgba([red, _, blue, _]) = picture.get_pixel(x, y);
        red > 200 && blue < 60
    }

    /// A JPEG with the orientation that a camera writes: an EXIF segment behind the first marker.
    fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let tiff = [
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
            &[orientation, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        let length = (tiff.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], b"\xff\xe1", &length, &tiff, &jpeg[2..]].concat()
    }

    #[test]
    fn every_kind_that_is_read_becomes_small() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let picture = small(&encoded(&two_sided(400, 200), format), 128);
            assert_eq!(picture.dimensions(), (128, 64), "{format:?}");
            assert!(is_red(&picture, 10, 10) && !is_red(&picture, 120, 10), "{format:?}");
        }
        assert_eq!(small(&encoded(&two_sided(20, 10), ImageFormat::Png), 128).dimensions(), (20, 10));
    }

    #[test]
    fn what_one_sees_through_stays_so() {
        let clear = RgbaImage::from_pixel(300, 300, Rgba([1, 2, 3, 0]));
        let bytes = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
        let made = shrink(&bytes, 128, PIXELS_MAX).unwrap().bytes;
        assert_eq!(image::guess_format(&made).unwrap(), ImageFormat::Png);
        assert_eq!(small(&bytes, 128).get_pixel(5, 5), Rgba([1, 2, 3, 0]));
    }

    #[test]
    fn a_picture_from_a_turned_camera_stands_upright() {
        let jpeg = encoded(&two_sided(400, 200), ImageFormat::Jpeg);
        // Orientation, size, and where red is then: left, right, top or bottom.
        for (orientation, dimensions, red, blue) in [
            (1, (128, 64), (5, 32), (120, 32)),
            (2, (128, 64), (120, 32), (5, 32)),
            (3, (128, 64), (120, 32), (5, 32)),
            (6, (64, 128), (32, 5), (32, 120)),
            (8, (64, 128), (32, 120), (32, 5)),
        ] {
            let picture = small(&turned(&jpeg, orientation), 128);
            assert_eq!(picture.dimensions(), dimensions, "{orientation}");
            assert!(is_red(&picture, red.0, red.1), "{orientation}");
            assert!(!is_red(&picture, blue.0, blue.1), "{orientation}");
        }
        assert_eq!(small(&turned(&jpeg, 99), 128).dimensions(), (128, 64), "nonsense is passed over");
    }

    #[test]
    fn nothing_but_pixels_goes_out() {
        let jpeg = turned(&encoded(&two_sided(400, 200), ImageFormat::Jpeg), 6);
        let made = shrink(&jpeg, 128, PIXELS_MAX).unwrap().bytes;
        assert!(!made.windows(4).any(|window| window == b"Exif"));
    }

    #[test]
    fn a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded() {
        // Says that it has 60,000 × 60,000 pixels: 14 GB, from some bytes of zeros.
        let mut png = encoded(&DynamicImage::ImageLuma8(image::GrayImage::new(8, 8)), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let mut crc = u32::MAX;
        for byte in &png[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        png[29..33].copy_from_slice(&(!crc).to_be_bytes());
        let refused = shrink(&png, 128, PIXELS_MAX).map(|_| ());
        assert_eq!(refused, Err(NoPicture::TooLarge { pixels_max: PIXELS_MAX }));
        // One that does have them, all of one colour, in few bytes.
        let large = encoded(&DynamicImage::ImageLuma8(image::GrayImage::new(4_000, 4_000)), ImageFormat::Png);
        assert!(large.len() < 100_000);
        let refused = shrink(&large, 128, PIXELS_MAX).map(|_| ());
        assert_eq!(refused, Err(NoPicture::TooLarge { pixels_max: PIXELS_MAX }));
    }

    #[test]
    fn what_is_no_picture_or_a_damaged_one_is_told() {
        for bytes in [&b""[..], b"text", b"%PDF-1.7", b"<svg/>", b"BM\0\0\0\0\0\0\0\0"] {
            assert_eq!(shrink(bytes, 128, PIXELS_MAX).map(|_| ()), Err(NoPicture::OtherKind), "{bytes:?}");
        }
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let whole = encoded(&two_sided(64, 64), format);
            for cut in [12, 20, whole.len() / 2] {
                // Some decoders give what they have of a picture that is cut; none panics.
                let _ = shrink(&whole[..cut], 128, PIXELS_MAX);
            }
            let mut damaged = whole.clone();
            for at in (10..damaged.len()).step_by(7) {
                damaged[at] ^= 0x55;
            }
            let _ = shrink(&damaged, 128, PIXELS_MAX);
        }
        let cut = encoded(&two_sided(64, 64), ImageFormat::Png);
        assert!(matches!(shrink(&cut[..40], 128, PIXELS_MAX), Err(NoPicture::Damaged(_))));
    }
}
