//! What stands above the columns of each kind of sheet.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::fault::{Fault, FaultCode, Wrong, letters};
use crate::grid::Grid;

/// What a sheet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Thành viên: who is to be invited.
    Members,
    /// Thửa: plots.
    Plots,
    /// Sản phẩm: products.
    Products,
    /// Nhật ký: the diary of plots, harvests included.
    Diary,
    /// Lô: lots that are packed, sorted, processed or blended.
    Lots,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What the reader calls it.
    pub key: &'static str,
    /// What stands above it.
    pub vi: &'static str,
    /// The same in English; also taken.
    pub en: &'static str,
    /// Whether each row must say it.
    pub required: bool,
    /// What to write there, for the template.
    pub note: &'static str,
    /// An example.
    pub example: &'static str,
}

const fn column(
    key: &'static str,
    (vi, en): (&'static str, &'static str),
    required: bool,
    note: &'static str,
    example: &'static str,
) -> Column {
    Column { key, vi, en, required, note, example }
}

const MEMBERS: &[Column] = &[
    column(
        "name",
        ("Họ và tên", "Full name"),
        true,
        "Chỉ hợp tác xã và người vận hành sổ thấy",
        "Trần Thị B",
    ),
    column("phone", ("Điện thoại", "Phone"), false, "Để gửi mã mời", "0900 000 000"),
    column(
        "role",
        ("Vai trò", "Role"),
        true,
        "nông dân · tổ trưởng · đóng gói · bán hàng · kiểm tra",
        "nông dân",
    ),
    column("code", ("Mã thành viên", "Member code"), false, "Mã riêng của hợp tác xã", "TV-012"),
];

const PLOTS: &[Column] = &[
    column("code", ("Mã thửa", "Plot code"), true, "Mã riêng của hợp tác xã, không đổi", "LÔ-07"),
    column("crop", ("Cây trồng", "Crop"), true, "Tên hoặc mã cây trong danh mục", "dâu tây"),
    column("area", ("Diện tích (m²)", "Area (m²)"), true, "Mét vuông; hoặc ghi rõ: 0,35 ha", "3500"),
    column(
        "commune",
        ("Xã, phường", "Commune"),
        true,
        "Tên xã sau 1/7/2025, hoặc mã 5 số",
        "Phường Xuân Trường - Đà Lạt",
    ),
    column("place", ("Địa danh", "Place name"), false, "Ai cũng xem được", "Cầu Đất"),
    column(
        "method",
        ("Cách trồng", "Growing method"),
        false,
        "ngoài trời · nhà kính · hữu cơ · IPM",
        "nhà kính",
    ),
    column(
        "planting_area_code",
        ("Mã số vùng trồng", "Planting-area code"),
        false,
        "Do cơ quan chuyên môn cấp",
        "VN-LDOR-0019",
    ),
    column("latitude", ("Vĩ độ", "Latitude"), false, "Độ thập phân WGS 84; không công khai", "11,883512"),
    column(
        "longitude",
        ("Kinh độ", "Longitude"),
        false,
        "Độ thập phân WGS 84; không công khai",
        "108,561274",
    ),
];

const PRODUCTS: &[Column] = &[
    column(
        "code",
        ("Mã sản phẩm", "Product code"),
        true,
        "Chữ thường không dấu, số, gạch nối; không đổi",
        "dau-tay-500g",
    ),
    column("name", ("Tên sản phẩm", "Product name"), true, "Như trên bao bì", "Dâu tây Đà Lạt"),
    column("name_en", ("Tên tiếng Anh", "English name"), false, "", "Da Lat strawberries"),
    column(
        "category",
        ("Nhóm hàng", "Category"),
        true,
        "Chữ thường không dấu: coffee, vegetable, fruit, rice, tea…",
        "fruit",
    ),
    column("unit", ("Tên đơn vị", "Unit name"), true, "Gọi một đơn vị bán", "hộp"),
    column(
        "content",
        ("Khối lượng tịnh", "Net content"),
        false,
        "Một đơn vị bán chứa bao nhiêu: 500 g, 1,5 kg, 250 ml",
        "500 g",
    ),
    column("gtin", ("GTIN", "GTIN"), false, "Mã vạch 8, 12, 13 hoặc 14 số", ""),
    column("shelf_life", ("Hạn dùng (ngày)", "Shelf life (days)"), false, "Số ngày", "7"),
    column("storage", ("Bảo quản", "Storage"), false, "", "2–5 °C"),
    column("warnings", ("Cảnh báo", "Warnings"), false, "", ""),
    column("brand", ("Nhãn hiệu", "Brand"), false, "", ""),
];

const DIARY: &[Column] = &[
    column("day", ("Ngày", "Day"), true, "ngày/tháng/năm", "12/04/2026"),
    column("plot", ("Mã thửa", "Plot code"), true, "Thửa đã có trong sổ", "LÔ-07"),
    column(
        "work",
        ("Công việc", "Work"),
        true,
        "gieo trồng · bón phân · phun thuốc · tưới nước · thu gom chất thải · thu hoạch",
        "phun thuốc",
    ),
    column("input", ("Vật tư", "Input"), false, "Tên thương phẩm của phân, thuốc", "Ridomil Gold 68WG"),
    column(
        "substance",
        ("Hoạt chất", "Active substance"),
        false,
        "Với thuốc bảo vệ thực vật",
        "Metalaxyl-M 40 g/kg",
    ),
    column("dose", ("Liều lượng", "Dose"), false, "Như nhãn ghi", "3 kg/ha"),
    column("target", ("Đối tượng", "Target"), false, "Sâu, bệnh, hoặc lý do", "sương mai"),
    column("area", ("Diện tích xử lý (m²)", "Area treated (m²)"), false, "Với thuốc bảo vệ thực vật", "3500"),
    column(
        "interval",
        ("Cách ly (ngày)", "Pre-harvest interval (days)"),
        false,
        "Theo nhãn; để trống là không rõ",
        "7",
    ),
    column("crop", ("Cây, giống", "Crop, variety"), false, "Với gieo trồng", "dâu tây"),
    column("origin", ("Nguồn giống", "Seed origin"), false, "Với gieo trồng", "Vườn ươm Phú Hội"),
    column("water", ("Nguồn nước", "Water source"), false, "Với tưới nước", "hồ"),
    column("lot", ("Số lô", "Lot number"), false, "Với thu hoạch: lô mới", "260412-A"),
    column("product", ("Sản phẩm", "Product"), false, "Với thu hoạch: mã hoặc tên sản phẩm", "dau-tay"),
    column("quantity", ("Sản lượng (kg)", "Quantity (kg)"), false, "Với thu hoạch", "120,5"),
    column("person", ("Người làm", "Done by"), false, "Không công khai", "Trần Thị B"),
    column("note", ("Ghi chú", "Note"), false, "Ai cũng xem được", ""),
];

const LOTS: &[Column] = &[
    column("lot", ("Số lô", "Lot number"), true, "Lô mới", "260413-G"),
    column("product", ("Sản phẩm", "Product"), true, "Mã hoặc tên sản phẩm", "dau-tay-500g"),
    column("day", ("Ngày", "Day"), true, "ngày/tháng/năm", "13/04/2026"),
    column("work", ("Công việc", "Work"), true, "đóng gói · phân loại · chế biến · phối trộn", "đóng gói"),
    column(
        "sources",
        ("Lô nguồn", "Source lots"),
        true,
        "Số lô: số kg, cách nhau bằng dấu chấm phẩy",
        "260412-A: 100; 260411-B: 20,5",
    ),
    column("quantity", ("Số lượng", "Quantity"), true, "Được bao nhiêu", "240"),
    column("unit", ("Đơn vị", "Unit"), true, "đơn vị (hộp, túi…) · kg · lít", "hộp"),
    column("best_before", ("Hạn dùng", "Best before"), false, "ngày/tháng/năm", "20/04/2026"),
    column("note", ("Ghi chú", "Note"), false, "Ai cũng xem được", ""),
];

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Members, Self::Plots, Self::Products, Self::Diary, Self::Lots];

    /// Its name in addresses.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Plots => "plots",
            Self::Products => "products",
            Self::Diary => "diary",
            Self::Lots => "lots",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// What the sheet is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Members => "Thành viên",
            Self::Plots => "Thửa",
            Self::Products => "Sản phẩm",
            Self::Diary => "Nhật ký",
            Self::Lots => "Lô",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Members => MEMBERS,
            Self::Plots => PLOTS,
            Self::Products => PRODUCTS,
            Self::Diary => DIARY,
            Self::Lots => LOTS,
        }
    }
}

/// A text for comparing: without marks, case, and anything but letters and digits.
pub(crate) fn folded(text: &str) -> String {
    let letters = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    letters.map(|c| if c == 'đ' { 'd' } else { c }).filter(|c| c.is_alphanumeric()).collect()
}

/// Which column is which; or what is wrong with the heads.
pub(crate) fn places(kind: Kind, grid: &Grid) -> Result<BTreeMap<&'static str, usize>, Vec<Fault>> {
    let mut places = BTreeMap::new();
    let mut faults = Vec::new();
    let mut fault = |column: usize, header: &str, wrong: Wrong| {
        faults.push(Fault {
            sheet: grid.sheet.clone(),
            row: 1,
            column: letters(column),
            header: header.chars().take(80).collect(),
            value: header.chars().take(80).collect(),
            code: wrong.code,
            vi: wrong.vi,
            en: wrong.en,
        });
    };
    for (column, head) in &grid.heads {
        let said = folded(head.trim_end_matches('*'));
        let known = kind.columns().iter().find(|one| {
            [one.vi, one.en, one.key].iter().any(|name| folded(name) == said)
                // `Diện tích` without its unit, as people write it.
                || folded(one.vi.split('(').next().unwrap_or_default()) == said
        });
        match known {
            Some(known) if places.contains_key(known.key) => fault(
                *column,
                head,
                Wrong::new(
                    FaultCode::ColumnTwice,
                    format!("Cột “{}” có hai lần. Hãy xóa một cột.", known.vi),
                    format!("There are two columns `{}`. Delete one.", known.en),
                ),
            ),
            Some(known) => {
                places.insert(known.key, *column);
            }
            None => fault(
                *column,
                head,
                Wrong::new(
                    FaultCode::ColumnUnknown,
                    format!(
                        "Mẫu “{}” không có cột này. Hãy sửa tên cột theo mẫu, hoặc xóa cột.",
                        kind.title()
                    ),
                    format!("A sheet of {} has no such column. Correct its name or delete it.", kind.key()),
                ),
            ),
        }
    }
    let after = grid.heads.iter().map(|(column, _)| column + 1).max().unwrap_or(0);
    for missing in kind.columns().iter().filter(|one| one.required && !places.contains_key(one.key)) {
        fault(
            after,
            missing.vi,
            Wrong::new(
                FaultCode::ColumnMissing,
                format!("Thiếu cột “{}”.", missing.vi),
                format!("The column `{}` is missing.", missing.en),
            ),
        );
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}
