# Văn bản của các trang công khai. Mọi mục ở đây cũng phải có trong page.en.ftl; có một phép thử kiểm tra điều đó.
# Trang chỉ nói những gì sổ biết và ai đã nói; không mã nào chứng minh được món hàng trong hộp.

## Khung trang

brand = Nguồn
skip = Tới nội dung chính
nav-language = Ngôn ngữ
other-language = English
foot = Trang này không dùng cookie, không tải gì từ nơi khác và không ghi lại ai đã xem.
code-title = Có mã ngắn dưới mã QR?
code-text = Nếu mã QR mờ, rách hoặc dẫn sang trang lạ, hãy gõ tám ký tự in bên dưới.
code-label = Mã ngắn trên tem
code-button = Tra mã

## Tình trạng của lô

status-active = Có trong sổ, chưa thấy điều gì bất thường
status-active-text = Các công đoạn dưới đây do người làm ra lô hàng ghi và ký. Hãy so tên hàng, số lô và ngày trên bao bì.
status-noted = Có trong sổ, có điều cần lưu ý
status-noted-text = Các công đoạn đã được ghi và ký, nhưng có điểm bạn nên biết trước khi tin dùng:
status-doubtful = Có nghi vấn về lô hàng này
status-doubtful-text = Ghi chép của chính những người làm ra hoặc giữ lô hàng không khớp nhau:
doubtful-advice = Khi nghi vấn chưa được giải thích, lô này không được chào bán qua sổ.
status-recalled = ĐANG THU HỒI: không dùng, không bán
status-recalled-text = Lô hàng này đang bị thu hồi.
recalled-by = Người ra lệnh:
recalled-since = Từ:
recalled-from = Bắt đầu từ lô nguyên liệu:
recalled-advice = Không ăn, không bán, không chuyển tiếp. Giữ nguyên bao bì và liên hệ nơi bán hoặc nơi sản xuất để trả lại.
hotline = Điện thoại của đơn vị:
status-destroyed = Lô hàng đã bị tiêu hủy
status-destroyed-text = Theo sổ, phần còn lại của lô này đã bị tiêu hủy. Nếu bạn đang cầm món hàng mang số lô này, đừng dùng và hãy báo cho nơi bán.
status-claims-only = Chưa có ai chịu trách nhiệm về lô này
status-claims-only-text = Trong sổ chỉ có lời của bên khác nói về lô này; chưa ai ghi rằng mình đã làm ra nó.
status-registered = Tem đã in, chưa kích hoạt
status-registered-text = Mã của lô đã được in nhưng hợp tác xã chưa ghi việc thu hoạch hay đóng gói.
registered-advice = Nếu bạn thấy tem này trên hàng đang bán, hãy hỏi người bán và báo cho hợp tác xã.
status-expired = Đã quá hạn dùng
status-expired-text = Hạn ghi trong sổ là { $day }.
status-sold-out = Theo sổ, lô này đã hết
status-sold-out-text = Toàn bộ lô đã được bán hoặc dùng để làm lô khác. Món hàng trong tay bạn có thể đã mua từ trước.
listed-active = Có trong sổ

## Sản phẩm, nơi chốn, giấy tờ

lot-number = Lô { $lot }
lot-of-product = { $product }, lô { $lot }
product-of-gtin = Sản phẩm mang mã GTIN { $gtin }
organisation-without-card = Đơn vị { $id }…
plot-at = thửa { $plot }, { $place }
from-until = { $from } đến { $until }
harvested-on = thu hoạch { $day }
drawing-alt = Hình minh họa: { $what }
category-coffee = cà phê
category-strawberry = dâu tây
category-tomato = cà chua
category-artichoke = atisô
category-dragon-fruit = thanh long
category-sweet-potato = khoai lang
category-potato = khoai tây
category-rice = lúa gạo
category-tea = chè
category-produce = nông sản
kind-cooperative = Hợp tác xã
kind-cooperative-group = Tổ hợp tác
kind-farm = Trang trại, hộ sản xuất
kind-company = Doanh nghiệp
kind-certifier = Tổ chức chứng nhận hoặc phòng kiểm nghiệm
kind-authority = Cơ quan nhà nước
facts-title = Thông tin truy xuất
fact-product = Tên sản phẩm
fact-maker = Nơi sản xuất
fact-maker-kind = Loại đơn vị
fact-address = Địa chỉ
fact-grown-in = Vùng trồng
fact-planting-area = Mã số vùng trồng
fact-growing-method = Cách trồng
fact-country = Nước xuất xứ
fact-harvested = Ngày thu hoạch
fact-produced = Ngày sản xuất, đóng gói
fact-lot-number = Số lô
fact-gtin = Mã GTIN
fact-product-code = Mã sản phẩm
fact-net-content = Khối lượng tịnh
fact-shelf-life = Thời hạn sử dụng
fact-trace-code = Mã truy vết
fact-best-before = Tốt nhất trước ngày
fact-use-by = Hạn sử dụng
country-vn = Việt Nam
days = { $number } ngày
plots = { $number } thửa
method-field-grown = Ngoài đồng
method-greenhouse = Nhà kính, nhà màng
method-shade-house = Nhà lưới
method-hydroponic = Thủy canh
method-organic = Hữu cơ
method-conventional = Thông thường
method-integrated-pest-management = Quản lý dịch hại tổng hợp (IPM)
method-wild = Thu hái tự nhiên
no-papers = Chưa có chứng nhận hay kết quả kiểm tra nào được ghi cho lô này.
scheme-vietgap = VietGAP
scheme-globalgap = GLOBALG.A.P.
scheme-ocop = OCOP { $stars } sao
scheme-organic = Hữu cơ
scheme-food-safety = An toàn thực phẩm
scheme-self-declaration = Bản tự công bố sản phẩm
scheme-test-report = Phiếu kiểm nghiệm
scheme-planting-area = Mã số vùng trồng
paper-text = Số { $number }, { $issuer } cấp, { $validity }.
paper-until = có giá trị đến { $until }
paper-from = có giá trị từ { $from }
paper-over = hết giá trị từ { $until }
mark-confirmed = ✓ Bên cấp đã ký xác nhận: { $signer }
mark-claimed = Do { $signer } tự khai, chưa có bên thứ ba xác nhận
mark-over = ! Giấy này đã hết hạn
inspection-passed = Kiểm tra: đạt
inspection-failed = Kiểm tra: KHÔNG đạt
inspection-held = Đã kiểm tra, chưa ghi kết quả
inspection-on = Ngày { $day }.
mark-inspected = ✓ Người kiểm tra ký: { $signer }
mark-inspected-itself = { $signer } tự kiểm tra

## Các công đoạn

stages-title = Hành trình của lô hàng
stage-from = Từ:
stage-to = Đến:
stage-record = Bản ghi số
stage-receipt = biên nhận
step-planting = Gieo trồng
step-fertilising = Bón phân
step-plant-protection = Phun thuốc bảo vệ thực vật
step-irrigation = Tưới nước
step-testing = Kiểm nghiệm
step-harvesting = Thu hoạch
step-cooling = Làm mát
step-handling = Sơ chế
step-sorting = Phân loại
step-packing = Đóng gói
step-processing = Chế biến
step-sampling = Lấy mẫu
step-aggregating = Xếp vào thùng, kiện
step-disaggregating = Lấy ra khỏi thùng, kiện
step-encoding = In tem
step-commissioning = Kích hoạt tem
step-shipping = Xuất hàng
step-transporting = Vận chuyển
step-receiving = Nhận hàng
step-storing = Lưu kho
step-selling = Bán
step-returning = Trả lại hàng
step-inspecting = Kiểm tra
step-recall = Thu hồi
step-recall-ended = Kết thúc thu hồi
step-destroying = Tiêu hủy hoặc hao hụt
step-other = Công đoạn khác
detail-variety = Giống: { $value }
detail-product = Sản phẩm dùng: { $value }
detail-dose = Liều lượng: { $value }
detail-substance = Hoạt chất: { $value }
detail-target = Đối tượng: { $value }
detail-phi = Thời gian cách ly: { $value }
detail-water = Nguồn nước: { $value }
detail-test = Nội dung: { $value }
detail-reason = Lý do: { $value }
detail-step = Loại: { $value }
detail-container = Thùng, kiện: { $value }
detail-paper = Theo giấy số { $value }
detail-gateway = Do máy chủ ký thay đơn vị
result-passed = Kết quả: đạt
result-failed = Kết quả: không đạt
effect-claim = Lời của bên khác, không có hiệu lực với lô
effect-corrected = Chính người ghi đã đính chính: ghi nhầm
effect-corrected-because = Chính người ghi đã đính chính: { $why }
effect-correction = Đính chính một bản ghi trước
void-role-lacking = Không tính: thiết bị không được giao việc này
void-standing-lacking = Không tính: đơn vị chưa được công nhận cho việc này
void-disputed = Không tính: thiết bị đã ký hai bản ghi khác nhau ở cùng một chỗ
void-revoked = Không tính: thiết bị đã bị thu quyền
late-by = Ghi muộn { $number } ngày
logged-between = Vào sổ từ { $from } đến { $until }.
logged-before = Vào sổ không muộn hơn { $until }.
logged-after = Vào sổ sau { $from }.
logged-unproven = Vừa vào sổ, đang chờ chữ ký làm chứng.
phone-said = Đồng hồ thiết bị báo { $at }.

## Nguồn gốc, số lượng, chào bán

inputs-title = Được làm từ
inputs-count = Xem cả { $number } lô nguyên liệu
outputs-title = Đã dùng để làm
outputs-count = Xem cả { $number } lô
used-for = dùng { $quantity }
amounts-title = Số lượng
amount-made = Đã làm ra
amount-used = Dùng làm lô khác
amount-shipped = Đã giao cho bên khác
amount-sold = Đã bán lẻ
amount-lost = Lấy mẫu, hủy, hao hụt
amount-left = Còn lại theo sổ
findings-title = Các quy tắc kiểm tra nói gì
severity-blocking = Nghiêm trọng: dừng chào bán
severity-warning = Cần lưu ý
severity-info = Để biết
offers-title = Đang chào bán
price-per = { $price } / { $quantity }
offer-stock = còn { $quantity }
offer-until = đến { $until }

## Tem và cách tự kiểm tra

qr-title = Mã QR của lô { $lot }
sticker-title = Mã của lô
sticker-code = Mã ngắn in dưới mã QR:
sticker-text = Mã này nói về lô hàng. Nó không chứng minh được rằng tem đang dán đúng hộp: hãy so tên hàng, số lô và ngày trên bao bì với trang này.
proofs-title = Tự kiểm tra, không cần tin chúng tôi
proofs-text = Mỗi công đoạn là một bản ghi do thiết bị của người làm ký. Sổ chỉ thêm vào, không sửa được; muốn giấu một thay đổi, người vận hành phải làm lệch cả sổ, và ai giữ bản cũ cũng thấy.
proof-signed = Mở một bản ghi ở trên: bạn thấy đúng những gì đã được ký, bằng khóa nào.
proof-logged = Mở biên nhận của nó: đó là bằng chứng bản ghi nằm trong sổ. Hãy lưu lại nếu bạn cần sau này.
proof-whole = Kiểm tra cả sổ bằng máy của bạn, với phần mềm nguồn mở:
operator-only = Hiện chỉ có chính người vận hành ký làm chứng cho sổ. Bên làm chứng độc lập chưa có.
cosigned-by = Cùng ký làm chứng cho sổ:
log-key = Khóa công khai của sổ:
proof-checkpoint = Điểm kiểm tra mới nhất
proof-log-key = Khóa của sổ
proof-witness-keys = Khóa của bên làm chứng
proof-json = Lô này dạng JSON
proof-not = Chữ ký cho biết ai đã nói và nói khi nào, không cho biết lời nói có đúng hay không. Việc đó dựa vào kiểm tra, số lượng khớp nhau và chính bạn.

## Mã không dẫn tới lô nào

fault-unknown-lot = Sổ không có lô hàng này
fault-unknown-lot-text = Chưa ai ghi gì về lô mang mã dưới đây. Có thể tem in trước khi ghi sổ, mã bị gõ nhầm, hoặc tem không thuộc sổ này.
fault-check-digit = Mã GTIN bị sai
fault-check-digit-text = Số kiểm tra của mã GTIN không khớp, nên chắc chắn có chữ số bị gõ hoặc in nhầm. Hãy quét lại hoặc so với số in dưới mã vạch.
fault-malformed = Địa chỉ này không thể là của một lô hàng
fault-malformed-text = Mã có ký tự hoặc độ dài mà không lô nào có. Hãy quét lại, hoặc gõ mã ngắn in dưới mã QR.
fault-not-a-lot = Mã này không chỉ tới một lô hàng
fault-not-a-lot-text = Đây là mã của sản phẩm hoặc địa điểm, thiếu số lô. Hãy tìm số lô trên bao bì.
fault-unknown-code = Không có lô nào mang mã ngắn này
fault-unknown-code-text = Mã được gõ đúng cách nhưng sổ không có. Hãy so lại với tem.
fault-mistyped-code = Mã ngắn bị gõ nhầm
fault-mistyped-code-text = Mã ngắn có tám ký tự, ví dụ 8J3K-Q0ZH; ký tự cuối giúp phát hiện gõ nhầm, và nó không khớp. Hãy gõ lại ở ô bên dưới.
fault-unknown-organisation = Sổ không có đơn vị này
fault-unknown-organisation-text = Chưa đơn vị nào mang mã này ghi vào sổ.
fault-no-page = Không có trang này
fault-no-page-text = Địa chỉ này không có trong sổ. Hãy xem lại địa chỉ, hoặc gõ mã ngắn in dưới mã QR vào ô bên dưới.
fault-what-now = Nên làm gì bây giờ
fault-do-code = Gõ mã ngắn tám ký tự in dưới mã QR vào ô bên dưới.
fault-do-compare = Xem tên trang web mà tem dẫn tới: có đúng trang truy xuất in trên bao bì không.
fault-do-ask = Nếu vẫn không thấy, hỏi người bán và giữ lại bao bì. Đừng coi món hàng là đã được truy xuất.
fault-search = Tìm theo tên sản phẩm hoặc số lô

## Trang đầu

home-title = Nông sản này từ đâu tới?
home-text = Nguồn là cuốn sổ truy xuất mở của tỉnh: hợp tác xã ghi và ký từng công đoạn trên điện thoại, ai cũng đọc và kiểm tra được, không ai sửa được điều đã ghi.
search-label = Tìm theo tên sản phẩm hoặc số lô
search-example = cà phê, dâu tây, số lô…
search-button = Tìm
newest-lots = Lô hàng mới nhất
found-lots = Kết quả cho “{ $wanted }”
no-lots = Không có lô hàng nào.
members = Các đơn vị tham gia
no-members = Chưa có đơn vị nào được công nhận.
log-title = Cuốn sổ
log-text = Mọi bản ghi nằm trong một sổ công khai chỉ thêm, không sửa. Ai cũng tải được và kiểm tra lại từ đầu.
log-operator = Vận hành
log-name = Tên của sổ
log-size = Số bản ghi
log-checked = Được làm chứng lúc

## Trang của một đơn vị

organisation-who = Đơn vị này là ai
organisation-standing = Được công nhận là
organisation-hotline = Điện thoại
organisation-website = Trang web
organisation-id = Mã trong sổ
organisation-keys = Các khóa ký
organisation-says = Tên và địa chỉ do đơn vị tự ghi và ký; việc công nhận do người vận hành sổ ghi.
organisation-lots = Các lô hàng
more-lots = Xem tiếp
standing-producer = người sản xuất
standing-packer = nơi đóng gói, chế biến, kinh doanh
standing-inspector = tổ chức chứng nhận, kiểm tra
standing-authority = cơ quan nhà nước
standing-suspended = đang bị đình chỉ
standing-none = chưa được công nhận
standing-operator = người vận hành sổ
