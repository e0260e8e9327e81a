//! One bit a dot.

/// A picture of black dots on nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl Bitmap {
    /// Dots row by row from the upper left; `true` is black. Missing ones are white.
    pub fn new(width: u32, height: u32, dark: impl IntoIterator<Item = bool>) -> Bitmap {
        let mut bitmap = Bitmap { width, height, rows: Vec::new() };
        let (width, bytes) = (usize_of(width), bitmap.row_bytes());
        bitmap.rows = vec![0; bytes * usize_of(height)];
        for (i, _) in dark.into_iter().take(width * usize_of(height)).enumerate().filter(|(_, dark)| *dark) {
            let (x, y) = (i % width, i / width);
            bitmap.rows[y * bytes + x / 8] |= 0x80 >> (x % 8);
        }
        bitmap
    }

    /// Dots in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of a row: eight dots each, leftmost in the highest bit, the last filled up with white.
    pub fn row_bytes(&self) -> usize {
        usize_of(self.width.div_ceil(8))
    }

    /// Row after row; a 1 is black.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rows.chunks_exact(self.row_bytes().max(1))
    }
}

fn usize_of(dots: u32) -> usize {
    usize::try_from(dots).unwrap_or(usize::MAX)
}
