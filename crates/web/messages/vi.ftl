# Văn bản của các lỗi và câu trả lời. Mỗi mục: tên lỗi, rồi chuyện gì đã xảy ra và cần làm gì.
# Mọi mục ở đây cũng phải có trong en.ftl; có một phép thử kiểm tra điều đó.

## Yêu cầu

request-malformed = Yêu cầu không đúng khuôn dạng
    .detail = Máy chủ không đọc được nội dung gửi lên. Chưa có bản ghi nào được lưu. Hãy cập nhật phần mềm rồi gửi lại.
request-too-large = Yêu cầu quá lớn
    .detail = Một lần gửi tối đa { $limit_bytes } byte. Hãy chia các bản ghi thành nhiều lần gửi.
too-many-records = Gửi quá nhiều bản ghi một lúc
    .detail = Một lần gửi tối đa { $limit } bản ghi. Hãy chia thành nhiều lần gửi.
no-records = Không có bản ghi nào
    .detail = Yêu cầu không chứa bản ghi nào. Mỗi lần gửi cần ít nhất một bản ghi.
media-type-unsupported = Kiểu nội dung không được nhận
    .detail = Các bản ghi phải được gửi dưới dạng application/json.
encoding-unsupported = Không nhận nội dung nén
    .detail = Hãy gửi lại nội dung không nén (không có Content-Encoding).
body-too-slow = Gửi quá chậm
    .detail = Đường truyền quá chậm nên máy chủ đã ngừng chờ. Chưa có bản ghi nào được lưu. Hãy giữ các bản ghi và gửi lại, mỗi lần ít bản ghi hơn.
body-incomplete = Nội dung bị đứt giữa chừng
    .detail = Kết nối bị ngắt trước khi gửi xong. Chưa có bản ghi nào được lưu. Hãy giữ các bản ghi và gửi lại.
query-unknown = Tham số không được biết
    .detail = Địa chỉ này không nhận các tham số sau dấu “?” như đã gửi. Hãy bỏ chúng đi hoặc xem lại tài liệu.
id-malformed = Mã không đúng khuôn dạng
    .detail = Mã trong địa chỉ phải gồm đúng 64 chữ số thập lục phân (0–9, a–f).
index-malformed = Số thứ tự không đúng khuôn dạng
    .detail = Số thứ tự trong sổ là một số nguyên không âm, viết bằng chữ số thường.
not-found = Không có trang này
    .detail = Địa chỉ này không tồn tại. Hãy xem lại địa chỉ.
method-not-allowed = Không làm được việc này ở địa chỉ này
    .detail = Địa chỉ có thật nhưng không nhận phương thức đã dùng. Xem đầu đề Allow để biết phương thức được nhận.
record-not-found = Không có bản ghi này
    .detail = Trong sổ chưa có bản ghi này. Nếu điện thoại vừa gửi, hãy giữ bản ghi và gửi lại: gửi lại không mất gì.
file-not-found = Không có tệp này
    .detail = Sổ chưa công bố tệp này. Một mảnh chưa đầy có thể đã được thay bằng mảnh đầy; hãy đọc lại /checkpoint.
organisation-not-found = Không có tổ chức này
    .detail = Trong sổ chưa có tổ chức nào mang mã này.
key-not-found = Không có khóa này
    .detail = Chưa tổ chức nào ghi khóa này vào sổ. Hãy nhờ người quản lý hợp tác xã thêm thiết bị.
not-published-yet = Biên nhận chưa sẵn sàng
    .detail = Bản ghi đã được lưu chắc chắn, nhưng điểm kiểm tra công khai bao gồm nó chưa ra. Hãy hỏi lại sau vài giây; điện thoại giữ bản ghi cho đến khi có biên nhận.

## Lô hàng và tin chào bán

cursor-malformed = Con trỏ không đúng
    .detail = Hãy dùng nguyên văn giá trị “next” của trang trước, hoặc bỏ tham số cursor để đọc lại từ đầu.
cursor-gone = Con trỏ đã quá cũ
    .detail = Sổ chỉ kể các thay đổi trong { $days } ngày, hoặc con trỏ này thuộc một sổ khác. Hãy tải lại toàn bộ danh sách rồi đi tiếp từ “next” của nó.
sheet-too-long = Bảng quá dài
    .detail = Bảng Excel chứa tối đa { $limit } tin. Hãy lọc theo category hoặc organisation, hoặc dùng listings.csv.
key-missing = Thiếu khóa API
    .detail = Hãy gửi khóa của sàn trong đầu đề “Authorization: Bearer nguon_…”. Khóa do đơn vị vận hành cấp; đừng đặt khóa vào địa chỉ.
key-unknown = Khóa API không đúng
    .detail = Sổ không biết khóa này. Hãy chép lại nguyên văn cả khóa, hoặc xin đơn vị vận hành cấp khóa mới.
key-ended = Khóa API đã hết hiệu lực
    .detail = Khóa này đã được thay hoặc đã bị thu hồi. Hãy dùng khóa mới, hoặc hỏi đơn vị vận hành.
key-scope = Khóa API không được dùng cho việc này
    .detail = Khóa này không mở phần “{ $scope }”. Hãy xin đơn vị vận hành cấp thêm quyền.
rate-limited = Gọi quá nhiều lần
    .detail = Mỗi phút sàn được gọi tối đa { $quota } lần. Hãy chờ số giây ghi trong đầu đề Retry-After rồi gọi lại.
lot-malformed = Đây không phải địa chỉ của lô hàng
    .detail = Địa chỉ của lô hàng có dạng 01/GTIN/10/số-lô hoặc p/mã-sản-phẩm/l/số-lô. Hãy xem lại từng ký tự.
lot-not-found = Sổ không có lô hàng này
    .detail = Chưa ai ghi gì về lô hàng này. Hãy so lại mã với tem trên bao bì.
lot-cycle = Theo các bản ghi, lô này được làm ra từ chính nó
    .detail = Không thể biết nguồn gốc khi các bản ghi đi thành vòng tròn. Đơn vị đã ghi cần đính chính.
preflight-too-much = Quá nhiều việc để xem trước một lần
    .detail = Các bản nháp này liên quan đến quá nhiều lô. Hãy hỏi ít bản nháp hơn mỗi lần; ký mà không xem trước vẫn được.
evidence-too-large = Lô có quá nhiều bản ghi cho một tệp
    .detail = Có hơn 20.000 bản ghi liên quan đến lô này. Hãy kiểm tra cả sổ bằng nguon verify.
image-not-found = Không có ảnh này
    .detail = Sổ giữ mã băm của ảnh nhưng chưa ai gửi tệp ảnh lên. Hãy hỏi đơn vị đã ghi ảnh.
image-removed = Ảnh đã được gỡ
    .detail = Ảnh này đã được gỡ theo yêu cầu và sẽ không hiện lại. Mã băm trong bản ghi đã ký vẫn còn.
image-too-large = Ảnh quá lớn
    .detail = Mỗi ảnh tối đa { $limit_bytes } byte. Hãy thu nhỏ ảnh trước khi ký bản ghi.
image-digest-mismatch = Không đúng ảnh này
    .detail = Tệp gửi lên có mã BLAKE3 { $blake3 }, khác với mã trong địa chỉ. Hãy gửi đúng tệp gốc, không chỉnh sửa.
image-not-named = Chưa có bản ghi nào nêu ảnh này
    .detail = Bản ghi được chỉ ra chưa có trong sổ, hoặc không nêu ảnh này trong 12 ảnh đầu. Hãy gửi bản ghi trước, rồi gửi ảnh.
image-not-recognised = Tổ chức chưa được công nhận
    .detail = Tỉnh chưa công nhận tổ chức của bản ghi này, nên chưa nhận ảnh. Hãy giữ ảnh và gửi lại khi đã được công nhận.
image-kind-mismatch = Loại ảnh khác với bản ghi
    .detail = Bản ghi nói đây là { $said }, còn tệp là { $is }. Hãy gửi đúng tệp đã ký.
image-too-many-pixels = Ảnh quá nhiều điểm ảnh
    .detail = Ảnh { $width } × { $height } vượt mức { $limit_pixels } điểm ảnh. Hãy thu nhỏ ảnh trước khi ký bản ghi.
image-metadata = Ảnh còn kèm dữ liệu riêng
    .detail = Ngoài hình, tệp còn có: { $found }. Những dữ liệu này có thể lộ nơi chụp và máy chụp. Hãy bỏ chúng rồi ký bản ghi mới, vì tệp sạch có mã băm khác.
image-unfit = Tệp này không dùng làm ảnh được
    .detail = Chỉ nhận ảnh JPEG, PNG hoặc WebP nguyên vẹn, một khung hình. Hãy lưu lại thành JPEG thông thường.

## Yêu cầu có chữ ký, tem

request-unsigned = Nội dung này không phải ai cũng được xem
    .detail = Yêu cầu phải được ký bằng khóa của một thiết bị thuộc đơn vị (RFC 9421). Hãy dùng lệnh nguon hoặc ứng dụng.
request-for-another-host = Yêu cầu gửi cho máy chủ khác
    .detail = Tên máy chủ trong yêu cầu không phải của sổ này. Hãy hỏi đúng địa chỉ của sổ.
request-signature-malformed = Không đọc được chữ ký của yêu cầu
    .detail = Signature-Input và Signature không đúng dạng mà sổ này đọc. Hãy cập nhật phần mềm.
request-signature-stale = Chữ ký của yêu cầu đã cũ
    .detail = Chữ ký chỉ dùng được trong năm phút. Hãy chỉnh đồng hồ của thiết bị rồi hỏi lại.
request-signature-wrong = Chữ ký của yêu cầu không đúng
    .detail = Yêu cầu đã bị sửa trên đường đi, hoặc được ký bằng khóa khác. Hãy hỏi lại.
not-yours = Nội dung này thuộc đơn vị khác
    .detail = Khóa này không được xem: khóa của đơn vị khác, không có quyền ghi lô, hoặc đã hết hiệu lực. Hãy hỏi người quản lý hợp tác xã.
thing-not-found = Không có trong sổ
    .detail = Chưa có bản ghi nào nói về mã này. Hãy quét lại mã, hoặc hỏi nơi giao hàng.
invitation-unknown = Không có lời mời này
    .detail = Mã mời không đúng, hoặc hợp tác xã đã thu hồi. Hãy xin mã mời mới.
invitation-expired = Lời mời đã hết hạn
    .detail = Lời mời chỉ dùng được trong thời hạn của nó. Hãy xin hợp tác xã mã mời mới.
invitation-used = Máy khác đã dùng mã mời này
    .detail = Mỗi mã mời dùng cho một máy. Nếu không phải máy của bạn, hãy báo ngay cho hợp tác xã và xin mã mới.
invitation-taken = Mã mời trùng
    .detail = Mã này đã dùng cho một lời mời khác. Hãy tạo lời mời mới.
invitation-cannot-give = Khóa này không mời được như vậy
    .detail = Lời mời phải của chính tổ chức và có ít nhất một quyền; quyền quản lý chỉ do khóa gốc cấp.
invitation-span = Thời hạn lời mời không hợp lệ
    .detail = Lời mời có hạn trong tương lai và không quá 30 ngày.
too-many-invitations = Quá nhiều lời mời
    .detail = Mỗi tổ chức giữ nhiều nhất 1.000 lời mời; tổ chức chưa được tỉnh công nhận, 20. Hãy thu hồi những lời mời không dùng nữa.
possession-invalid = Máy chưa chứng minh được khóa của mình
    .detail = Chữ ký kèm theo không khớp với lời mời này. Hãy mở lại mã mời trên máy và làm lại.
section-unknown = Không có phần nội dung này
    .detail = Tổ chức không có bản ghi nào chứa phần nội dung được nêu. Hãy xem lại mã bản ghi.
too-many-erasures = Nhiều yêu cầu xóa đang chờ
    .detail = Hãy chờ tỉnh trả lời những yêu cầu trước rồi gửi tiếp.
sheet-kind-unknown = Không có mẫu bảng này
    .detail = Các mẫu là members (thành viên), plots (thửa), products (sản phẩm), diary (nhật ký), lots (lô).
sheet-too-large = Tệp quá lớn
    .detail = Mỗi tệp tối đa 8 MB. Hãy chia tệp, hoặc bỏ hình ảnh trong tệp.
sheet-unpacks-too-large = Tệp mở ra quá lớn
    .detail = Bên trong tệp lớn hơn mọi bảng cần nhập. Hãy chép các dòng sang tệp mẫu mới rồi gửi lại.
sheet-broken = Không đọc được tệp
    .detail = Tệp không phải bảng tính Excel (.xlsx) hay danh sách CSV, hoặc đã hỏng. Hãy mở bằng Excel, lưu lại thành .xlsx rồi gửi lại.
sheet-old-excel = Tệp theo dạng Excel cũ (.xls)
    .detail = Hãy mở bằng Excel, chọn Lưu thành… “Excel Workbook (.xlsx)” rồi gửi lại.
sheet-locked = Tệp có mật khẩu
    .detail = Hãy bỏ mật khẩu của tệp rồi gửi lại.
sheet-not-unicode = Danh sách không phải Unicode
    .detail = Chữ trong tệp có lẽ gõ bằng TCVN3 hoặc VNI. Hãy chuyển sang Unicode (UniKey: Ctrl+Shift+F6), hoặc lưu từ Excel thành .xlsx.
sheet-too-many-rows = Quá nhiều dòng
    .detail = Mỗi tệp tối đa 10.000 dòng. Hãy chia tệp, mỗi lần nhập một phần.
sheet-too-many-columns = Quá nhiều cột
    .detail = Mỗi tệp tối đa 64 cột. Hãy dùng tệp mẫu.
sheet-no-rows = Tệp chưa có dòng nào
    .detail = Dòng đầu là tên cột; từ dòng thứ hai là nội dung. Hãy điền rồi gửi lại.
labels-not-printed = Chưa in tem nào mang số này
    .detail = Hãy ghi trước những số được in (bizStep encoding kèm nguon:labels), hoặc xem lại số: tem đã hủy không được cấp lại.
labels-beyond-packs = Tem nhiều hơn gói
    .detail = Số tem ghi là đã in nhiều hơn số gói của lô. Hãy hủy những tem thừa rồi hỏi lại.
too-many-labels = Quá nhiều tem một lúc
    .detail = Mỗi lần trả lời có nhiều nhất 200.000 tem. Hãy hỏi từng phần.
nothing-to-settle = Không có gì để xem xét
    .detail = Các lượt quét tem này không có gì lạ, hoặc điều lạ đã được ghi là đã xem xét. Hãy xem lại số tem.
settle-reason = Chưa ghi kết luận
    .detail = Hãy viết kết luận trong một câu, từ 3 đến 300 ký tự. Ai quét tem cũng đọc được: đừng ghi tên hay số điện thoại của ai.

## Bản ghi không được nhận

record-encoding = Bản ghi gửi lên không đọc được
    .detail = Bản ghi hoặc phần nội dung kèm theo không được mã hóa đúng (base64, muối 64 chữ số thập lục phân). Bản ghi không được lưu. Hãy cập nhật phần mềm rồi gửi lại.
record-malformed = Đây không phải là một bản ghi
    .detail = Các byte gửi lên không đúng khuôn dạng bản ghi nên không được lưu. Nếu lỗi lặp lại, hãy cập nhật phần mềm trên điện thoại hoặc báo cho người quản lý.
record-too-large = Bản ghi quá lớn
    .detail = Một bản ghi dài tối đa 65 535 byte. Hãy chia việc này thành nhiều bản ghi.
payload-too-large = Nội dung kèm theo quá lớn
    .detail = Nội dung kèm theo một bản ghi, tính đến phần thứ { $section }, đã có { $bytes } byte; tối đa là { $limit_bytes } byte cho tất cả các phần. Ảnh và tệp chỉ được ghi bằng mã băm, không gửi trong bản ghi.
wrong-ledger = Bản ghi của sổ khác
    .detail = Bản ghi này được ký cho một sổ khác nên không được lưu ở đây. Hãy xem lại điện thoại đang nối với sổ nào.
openings-mismatch = Nội dung không khớp với bản ghi
    .detail = Nội dung gửi kèm không đúng với nội dung đã ký, hoặc còn thiếu phần. Bản ghi không được lưu. Hãy gửi lại đủ các phần, giữ nguyên như lúc ký.
weak-key = Khóa không an toàn
    .detail = Khóa của người ký không phải là khóa được sổ này chấp nhận. Hãy tạo khóa mới trên thiết bị.
signature-invalid = Chữ ký không đúng
    .detail = Chữ ký không khớp với bản ghi, nên bản ghi không được lưu. Nội dung có thể đã bị sửa sau khi ký.
no-operator = Sổ chưa được mở
    .detail = Sổ này chưa có bản ghi mở đầu của đơn vị vận hành. Hãy giữ bản ghi và gửi lại sau.
key-taken = Khóa đã thuộc về một tổ chức
    .detail = Mỗi khóa chỉ thuộc về một tổ chức, mãi mãi. Hãy tạo khóa mới để lập tổ chức khác.
unknown-key = Chưa tổ chức nào đứng sau khóa này
    .detail = Bản ghi được ký bằng một khóa chưa có trong sổ nên không được lưu. Hãy nhờ người quản lý hợp tác xã thêm điện thoại này trước.
organisation-mismatch = Khóa thuộc về tổ chức khác
    .detail = Bản ghi nhân danh một tổ chức, nhưng khóa ký lại thuộc về tổ chức khác. Bản ghi không được lưu.
root-replaced = Khóa gốc đã được thay
    .detail = Khóa gốc này đã được thay bằng khóa mới nên không ký thêm được nữa. Hãy dùng khóa gốc hiện nay.
suspended = Tổ chức đang bị đình chỉ
    .detail = Đơn vị vận hành sổ đã đình chỉ tổ chức này, nên bản ghi mới chưa được nhận. Hãy giữ bản ghi, liên hệ với đơn vị vận hành, rồi gửi lại.
prev-mismatch = Bản ghi không nối vào chuỗi
    .detail = Bản ghi này không nối tiếp bản ghi mới nhất của khóa. Điện thoại có lẽ đã được khôi phục từ bản sao cũ: hãy nhờ người quản lý cấp khóa mới cho điện thoại.
fork = Hai bản ghi khác nhau ở cùng một chỗ
    .detail = Khóa này đã ký một bản ghi khác ở số thứ tự { $seq } và bản ghi đó được ghi vào sổ trước. Thường là do điện thoại được khôi phục từ bản sao cũ, hoặc khóa nằm trên hai máy. Hãy ngừng ghi bằng điện thoại này và báo cho người quản lý hợp tác xã.
operator-root = Khóa gốc của đơn vị vận hành không ký từ bên ngoài
    .detail = Khóa gốc của đơn vị vận hành chỉ do chính dịch vụ dùng. Hãy ký bằng khóa của bàn làm việc (operator-desk.key).
unknown-event = Bản ghi được nhắc tới không có trong sổ
    .detail = Việc này nói về một bản ghi mà sổ không có. Hãy xem lại mã bản ghi.
too-many-held = Có quá nhiều bản ghi đang chờ
    .detail = Đã có { $held } bản ghi đang chờ một bản ghi còn thiếu. Hãy gửi bản ghi còn thiếu trước, rồi gửi lại bản ghi này.
strangers-budget = Các đơn vị chưa được tỉnh công nhận đã ghi quá nhiều
    .detail = Hãy giữ lại bản ghi và gửi lại sau. Xin đề nghị tỉnh công nhận đơn vị của bạn: đơn vị đã được công nhận không bị giới hạn này.

## Đơn hàng

order-malformed = Không đọc được đơn hàng
    .detail = Nội dung gửi lên không đúng dạng đơn hàng mà API mô tả. “cause” cho biết chỗ sai; hãy sửa rồi gửi lại.
order-unknown = Không có đơn hàng này
    .detail = Bên bạn không có đơn hàng nào mang mã này. Hãy xem lại: mã gồm 32 chữ số thập lục phân, như câu trả lời lúc đặt hàng.
order-exists = Bạn đã có đơn khác mang mã này
    .detail = Trước đó bạn đã gửi một đơn cùng “reference” nhưng nội dung khác; “order_id” là đơn đó. Hãy đặt mã riêng cho đơn mới.
idempotency-key-reused = Khóa này đã dùng cho yêu cầu khác
    .detail = Idempotency-Key này trước đó đi kèm một đơn khác. Hãy tạo khóa mới cho mỗi đơn.
listing-unknown = Không có tin rao này
    .detail = Dòng { $line } (đếm từ 0) trỏ đến tin rao không tồn tại hoặc tài khoản của bạn không được xem. Hãy tải lại danh sách tin rao.
other-seller = Mỗi đơn chỉ của một bên bán
    .detail = Dòng { $line } (đếm từ 0) là hàng của hợp tác xã khác. Hãy lập riêng một đơn cho mỗi bên bán.
not-for-sale = Hàng này hiện không bán
    .detail = Dòng { $line } (đếm từ 0) hiện không bán được; “reason” cho biết lý do. Hãy gỡ hàng khỏi sàn và tải lại danh sách tin rao.
unit-unfit = Hàng này bán theo đơn vị khác
    .detail = Dòng { $line } (đếm từ 0) được tính theo { $unit }. Hãy đặt theo đơn vị đó, hoặc theo ki-lô-gam, lít nếu hàng bán theo khối lượng, thể tích.
below-minimum = Ít hơn mức bán tối thiểu
    .detail = Dòng { $line } (đếm từ 0) phải đặt ít nhất { $least }, theo đơn vị tính của kho.
price-changed = Giá đã thay đổi
    .detail = Dòng { $line } (đếm từ 0) nay có giá { $price_vnd } đ. Hãy báo giá mới cho người mua; nếu họ vẫn mua thì đặt lại.
total-unfit = Thành tiền không hợp lệ
    .detail = Dòng { $line } (đếm từ 0) có thành tiền dưới một đồng hoặc lớn bất thường. Hãy xem lại số lượng.
stock-short = Không còn đủ hàng
    .detail = Dòng { $line } (đếm từ 0) chỉ còn { $left }, theo đơn vị tính của kho. Hãy đặt ít hơn, hoặc cho phép giao một phần bằng “partial”.
order-too-early = Chưa đến bước này
    .detail = Đơn chưa đi đến bước đó; “state” cho biết đơn đang ở đâu. Phải chốt đơn rồi mới giao, giao rồi mới báo đã nhận.
order-ended = Đơn hàng đã kết thúc
    .detail = Đơn đã bị hủy hoặc hết hạn giữ chỗ; xem “state”. Hãy lập đơn mới với mã riêng.
goods-left = Hàng đã rời kho
    .detail = Đơn đang trên đường giao thì không hủy được nữa. Khi hàng quay về, hợp tác xã sẽ ghi nhận trả hàng.
lot-not-for-sale = Có lô trong đơn không được bán nữa
    .detail = Một lô trong đơn đã bị thu hồi, bị dừng bán, bị tiêu hủy hoặc hết hạn; “lots” cho biết lô nào. Đơn giữ chỗ thì bị hủy; đơn đã chốt thì chờ bên bán hoặc bạn hủy.
invoice-unfit = Thông tin hóa đơn không đúng
    .detail = “cause” cho biết chỗ sai. Mã số thuế 12 chữ số là số định danh cá nhân nên phải bỏ trống.
order-not-sold = Đơn hàng chưa bán
    .detail = Chỉ đơn đã chốt mới có hóa đơn.
sale-unfit = Bản ghi không khớp với đơn đã bán
    .detail = Bản ghi đã ký phải đúng là lần bán của đơn này: đúng mã đơn, đúng các lô và số lượng như bản nháp. “cause” cho biết chỗ khác.

## Báo tin tự động

webhook-malformed = Không đọc được yêu cầu
    .detail = Nội dung gửi lên không đúng dạng mà API mô tả. “cause” cho biết chỗ sai; hãy sửa rồi gửi lại.
webhook-address = Không gửi tin đến địa chỉ này được
    .detail = Nơi nhận tin phải là địa chỉ https dài tối đa 500 ký tự trên mạng công cộng, cổng 443 hoặc trên 1023. “cause” cho biết chỗ sai.
webhook-kind = Không có loại tin này
    .detail = “{ $kind }” không phải là một loại tin. Phần mô tả API có danh sách các loại.
webhook-too-many = Quá nhiều nơi nhận tin
    .detail = Mỗi sàn có tối đa mười nơi nhận tin. Hãy kết thúc nơi không còn dùng.
webhook-unknown = Không có nơi nhận tin này
    .detail = Bên bạn không có nơi nhận tin nào mang tên này, hoặc nó đã kết thúc.

## Máy chủ

busy = Sổ đang bận
    .detail = Đang có quá nhiều việc cùng lúc. Hãy giữ bản ghi và gửi lại sau ít giây; gửi lại không bao giờ tạo ra bản ghi thứ hai.
unavailable = Tạm thời chưa ghi được
    .detail = Sổ chưa ghi được lúc này và chưa xác nhận gì. Hãy giữ bản ghi và gửi lại sau ít giây; gửi lại không bao giờ tạo ra bản ghi thứ hai.
read-failed = Tạm thời chưa đọc được
    .detail = Sổ chưa đọc được dữ liệu lúc này. Không có gì bị mất; hãy thử lại sau ít giây.
timed-out = Chờ quá lâu
    .detail = Sổ chưa trả lời kịp. Nếu đang gửi bản ghi, hãy giữ chúng và gửi lại: bản ghi nào đã được lưu sẽ nhận lại đúng câu trả lời cũ.
not-ready = Máy chủ chưa sẵn sàng
    .detail = Máy chủ đang chạy nhưng chưa phục vụ được. Xem phần “checks” để biết chỗ chưa đạt.
internal = Máy chủ gặp lỗi
    .detail = Lỗi ở phía máy chủ, không phải ở bạn. Hãy giữ bản ghi và gửi lại sau. Khi báo lỗi, xin gửi kèm mã trong “instance”.

## Bản ghi đang chờ

held-gap = Đang chờ bản ghi trước đó
    .detail = Sổ chưa nhận được bản ghi số { $expected_seq } của khóa này. Hãy gửi bản ghi đó; bản ghi này sẽ tự được ghi tiếp. Điện thoại vẫn phải giữ bản ghi.
held-after-revocation = Đang chờ hợp tác xã quyết định
    .detail = Khóa này đã bị thu hồi. Bản ghi được giữ lại cho đến khi hợp tác xã nhận nó. Điện thoại vẫn phải giữ bản ghi.
held-frozen = Đang chờ hợp tác xã giải quyết
    .detail = Khóa này từng ký hai bản ghi khác nhau ở cùng một chỗ, nên các bản ghi sau được giữ lại cho đến khi hợp tác xã giải quyết. Điện thoại vẫn phải giữ bản ghi.

## Ai xác nhận

cosigned-by-operator-only = Chỉ có đơn vị vận hành đồng ký
    .detail = Các điểm kiểm tra mới chỉ do chính đơn vị vận hành đồng ký. Chưa có bên độc lập nào xác nhận rằng mọi người đều thấy cùng một sổ.
cosigned-by-others = Có bên độc lập đồng ký
    .detail = Các điểm kiểm tra được cả những bên không thuộc đơn vị vận hành đồng ký. Hãy kiểm tra chữ ký của họ trên từng điểm kiểm tra.
