# Texts of errors and answers. Each entry: what it is called, then what happened and what to do.
# Every entry here is also in vi.ftl; a test holds them together.

## Requests

request-malformed = The request is malformed
    .detail = The server could not read what was sent. No record was stored. Update the software and send again.
request-too-large = The request is too large
    .detail = One request takes at most { $limit_bytes } bytes. Send the records in several requests.
too-many-records = Too many records at once
    .detail = One request takes at most { $limit } records. Send them in several requests.
no-records = There are no records
    .detail = The request holds no record. Send at least one.
media-type-unsupported = This media type is not taken
    .detail = Send records as application/json.
encoding-unsupported = Compressed contents are not taken
    .detail = Send the contents again without compression (without Content-Encoding).
body-too-slow = Sent too slowly
    .detail = The line was too slow and the server stopped waiting. No record was stored. Keep the records and send them again, fewer at a time.
body-incomplete = The contents broke off
    .detail = The connection was cut before all was sent. No record was stored. Keep the records and send them again.
query-unknown = Unknown parameter
    .detail = This address does not take the parameters after “?” as they were sent. Leave them out, or look at the documentation.
id-malformed = The id is malformed
    .detail = An id in an address is exactly 64 hexadecimal digits (0–9, a–f).
index-malformed = The index is malformed
    .detail = A place in the log is a whole number from 0, written in plain digits.
not-found = There is no such page
    .detail = This address does not exist. Check it.
method-not-allowed = This cannot be done at this address
    .detail = The address exists and does not take this method. The Allow header names those it takes.
record-not-found = There is no such record
    .detail = The log does not have this record. If a phone has just sent it, keep the record and send it again: sending twice costs nothing.
file-not-found = There is no such file
    .detail = The log has not published this file. A partial tile may have been replaced by the full one; read /checkpoint again.
organisation-not-found = There is no such organisation
    .detail = No organisation in the log has this id.
key-not-found = There is no such key
    .detail = No organisation has put this key into the log. Ask the co-operative's manager to add the device.
not-published-yet = The receipt is not ready
    .detail = The record is stored durably; the public checkpoint that covers it is not out yet. Ask again in a few seconds. The phone keeps the record until it holds the receipt.

## Lots and listings

cursor-malformed = The cursor is not right
    .detail = Use the “next” value of the page before exactly as it is, or leave the cursor out to read from the beginning.
cursor-gone = The cursor is too old
    .detail = Changes are told for { $days } days, or this cursor is of another ledger. Take the whole snapshot again and go on from its “next”.
sheet-too-long = The sheet would be too long
    .detail = A spreadsheet holds { $limit } listings at most. Filter by category or organisation, or use listings.csv.
key-missing = The API key is missing
    .detail = Send the exchange's key in the header “Authorization: Bearer nguon_…”. The operator gives keys out; never put one into an address.
key-unknown = The API key is not right
    .detail = The ledger does not know this key. Copy the whole key exactly, or ask the operator for a new one.
key-ended = The API key has ended
    .detail = This key was replaced or taken back. Use the new one, or ask the operator.
key-scope = The API key does not open this
    .detail = This key does not open “{ $scope }”. Ask the operator for that right.
rate-limited = Too many requests
    .detail = The exchange may ask { $quota } times a minute. Wait for the seconds in the header Retry-After, then ask again.
lot-malformed = This is not the address of a lot
    .detail = A lot's address looks like 01/GTIN/10/lot-number or p/product-code/l/lot-number. Check it letter by letter.
lot-not-found = The ledger has no such lot
    .detail = Nobody has recorded anything on this lot. Compare the code with the sticker on the pack.
lot-cycle = By its records the lot is made of itself
    .detail = Nobody can say what it was made of while its records go round in a circle. Whoever recorded them must correct them.
preflight-too-much = Too much to look into at once
    .detail = Too many lots hang on these drafts. Ask with fewer at a time; signing without asking is allowed.
evidence-too-large = Too many records for one file
    .detail = More than 20,000 records speak of this lot. Check the whole log with nguon verify instead.
image-not-found = There is no such picture
    .detail = The ledger has the picture's hash, and nobody has sent its file yet. Ask the organisation that recorded it.
image-removed = The picture was removed
    .detail = This picture was removed on request and will not be shown again. Its hash stays in the signed record.
image-too-large = The picture is too large
    .detail = A picture has at most { $limit_bytes } bytes. Make it smaller before the record is signed.
image-digest-mismatch = This is another picture
    .detail = The file sent has the BLAKE3 { $blake3 }, and the address says another. Send the very file, unchanged.
image-not-named = No record names this picture
    .detail = The record given is not in the ledger, or does not name the picture among its first 12. Send the record first, then the picture.
image-not-recognised = The organisation is not recognised
    .detail = The province has not recognised the organisation of that record, so its pictures are not taken. Keep the picture and send it again once it is.
image-kind-mismatch = The picture is of another kind
    .detail = The record says { $said }, and the file is { $is }. Send the very file that was signed.
image-too-many-pixels = Too many pixels
    .detail = { $width } × { $height } is more than { $limit_pixels } pixels. Make the picture smaller before the record is signed.
image-metadata = There is private data in the picture
    .detail = Beside the picture the file holds: { $found }. That can tell where it was taken, and by which phone. Take it out and sign a new record: a clean file has another hash.
image-unfit = This file cannot be used as a picture
    .detail = Whole JPEG, PNG or WebP pictures of one frame are taken. Save it again as an ordinary JPEG.

## Signed requests, labels

request-unsigned = This is not for everybody to read
    .detail = The request must be signed with the key of a device of the organisation (RFC 9421). Ask with nguon, or from the app.
request-for-another-host = The request is for another server
    .detail = It names a host that is not this ledger's. Ask at the ledger's own address.
request-signature-malformed = The request's signature cannot be read
    .detail = Signature-Input and Signature are not of the form that this ledger reads. Update the software.
request-signature-stale = The request's signature is too old
    .detail = It is good for five minutes. Set the device's clock and ask again.
request-signature-wrong = The request's signature does not hold
    .detail = The request was changed on its way, or signed with another key. Ask again.
not-yours = This belongs to another organisation
    .detail = The key may not read this: it is of another organisation, may not record lots, or has ended. Ask your co-operative's manager.
thing-not-found = Not in the ledger
    .detail = No record tells of this code yet. Scan it again, or ask who hands the goods over.
invitation-unknown = There is no such invitation
    .detail = The code is wrong, or the co-operative took it back. Ask for a new one.
invitation-expired = The invitation's time is over
    .detail = An invitation is good for a limited time. Ask the co-operative for a new code.
invitation-used = Another device used this invitation
    .detail = One code is for one device. If that was not yours, tell the co-operative at once and ask for a new code.
invitation-taken = The id is another invitation's
    .detail = This id was used before. Make a new invitation.
invitation-cannot-give = This key cannot invite like that
    .detail = An invitation is of the own organisation and gives one right at least; only the root key gives the right to admit others.
invitation-span = The invitation's time is not possible
    .detail = An invitation ends in the future, 30 days from now at most.
too-many-invitations = Too many invitations
    .detail = An organisation keeps 1,000 invitations at most, one that the province does not recognise 20. Take back those that are not needed.
possession-invalid = The device did not prove its key
    .detail = The signature does not fit this invitation. Open the code on the device again.
section-unknown = There is no such section
    .detail = No record of the organisation has the section that was named. Look at the record's id again.
too-many-erasures = Many requests are waiting
    .detail = Wait for the province's answers to the earlier ones.
sheet-kind-unknown = There is no such sheet
    .detail = Sheets are members, plots, products, diary and lots.
sheet-too-large = The file is too large
    .detail = 8 MB at most. Divide the file, or take pictures out of it.
sheet-unpacks-too-large = The file unpacks to too much
    .detail = What is inside is larger than any sheet to be imported. Copy the rows into a new template and send that.
sheet-broken = The file cannot be read
    .detail = It is no Excel workbook (.xlsx) and no CSV list, or it is damaged. Open it in Excel, save it as .xlsx and send it again.
sheet-old-excel = The file is in Excel's old format (.xls)
    .detail = Open it in Excel, save it as “Excel Workbook (.xlsx)” and send it again.
sheet-locked = The file has a password
    .detail = Take the password off and send it again.
sheet-not-unicode = The list is not in Unicode
    .detail = It was probably typed in TCVN3 or VNI. Convert it to Unicode, or save it from Excel as .xlsx.
sheet-too-many-rows = Too many rows
    .detail = 10,000 rows at most. Divide the file.
sheet-too-many-columns = Too many columns
    .detail = 64 columns at most. Use the template.
sheet-no-rows = There are no rows
    .detail = The first row has the heads; what is to be imported stands below. Fill it in and send it again.
labels-not-printed = No such labels are printed
    .detail = Record first which numbers are printed (bizStep encoding with nguon:labels), or look at the numbers: voided ones are not given out again.
labels-beyond-packs = More labels than packs
    .detail = More labels are recorded as printed than the lot has packs. Void those that are too many, then ask again.
too-many-labels = Too many labels at once
    .detail = One answer holds 200,000 labels at most. Ask for a part of the numbers.
nothing-to-settle = There is nothing to settle
    .detail = Nothing is strange in the scans of this label, or what was is settled already. Look at the number.
settle-reason = What came of it is not said
    .detail = Say it in a sentence of 3 to 300 characters. Whoever scans the label reads it: no names, no telephone numbers.

## Records that were not taken

record-encoding = The record that was sent cannot be read
    .detail = The record or its contents are not encoded as they must be (base64; a salt of 64 hexadecimal digits). The record was not stored. Update the software and send it again.
record-malformed = This is not a record
    .detail = The bytes do not have the form of a record and were not stored. If it happens again, update the software on the phone or tell the manager.
record-too-large = The record is too large
    .detail = A record has at most 65,535 bytes. Split the act into several records.
payload-too-large = The contents are too large
    .detail = The contents of one record, up to number { $section }, have { $bytes } bytes; at most { $limit_bytes } are taken for all of them. Photographs and files are named by hash, not sent inside a record.
wrong-ledger = A record of another ledger
    .detail = The record was signed for another ledger and was not stored here. Check which ledger the phone is connected to.
openings-mismatch = The contents do not fit the record
    .detail = The contents sent along are not those that were signed, or some are missing. The record was not stored. Send all contents again exactly as they were signed.
weak-key = The key is not safe
    .detail = The signer's key is not one that this ledger enrols. Make a new key on the device.
signature-invalid = The signature does not hold
    .detail = The signature does not fit the record, so it was not stored. Something may have been changed after signing.
no-operator = The ledger is not open yet
    .detail = The ledger does not have its operator's first record yet. Keep the record and send it again later.
key-taken = The key already belongs to an organisation
    .detail = A key belongs to one organisation for ever. Make a new key for another organisation.
unknown-key = No organisation stands behind this key
    .detail = The record was signed by a key that is not in the log, and was not stored. Ask the co-operative's manager to add this phone first.
organisation-mismatch = The key belongs to another organisation
    .detail = The record speaks in the name of one organisation and its key belongs to another. It was not stored.
root-replaced = The root key was replaced
    .detail = This root key was replaced by a new one and signs nothing any more. Use the organisation's present root key.
suspended = The organisation is suspended
    .detail = The operator of the ledger has suspended this organisation, so new records are not taken now. Keep the record, talk to the operator, then send it again.
prev-mismatch = The record does not join its chain
    .detail = The record does not follow the newest record of its key. The phone was probably restored from an old copy: ask the manager for a new key for it.
fork = Two different records at one place
    .detail = This key has signed another record at place { $seq } of its chain, and that one was logged first. Most often a phone was restored from an old copy, or one key is on two devices. Stop recording with this phone and tell the co-operative's manager.
operator-root = The operator's root does not sign from outside
    .detail = Only the service itself uses the operator's root key. Sign with the key of the operator's desk (operator-desk.key).
unknown-event = The record named is not in the log
    .detail = This act names a record that the log does not have. Check its id.
too-many-held = Too many records wait
    .detail = { $held } records already wait for one that is missing. Send the missing record first, then this one again.
strangers-budget = Organisations that the province has not recognised wrote too much
    .detail = Keep the record and send it again later. Ask the province to recognise your organisation: recognised organisations have no such limit.

## Orders

order-malformed = The order cannot be read
    .detail = The request is not an order as this API describes it. “cause” says which part; correct it and send it again.
order-unknown = There is no such order
    .detail = No order of yours has this name. Check it: 32 hexadecimal digits, as the answer to the order gave it.
order-exists = You have another order of this name
    .detail = You sent an order with the same “reference” and other contents before; “order_id” names it. Give the new order a reference of its own.
idempotency-key-reused = This key stood for another request
    .detail = The same Idempotency-Key came with another order before. Make a new key for each order.
listing-unknown = There is no such listing
    .detail = Line { $line } (counted from 0) names a listing that is not there, or that your account does not see. Look at the feed again.
other-seller = One order, one seller
    .detail = Line { $line } (counted from 0) is another co-operative's. Make one order for each seller.
not-for-sale = This is not for sale now
    .detail = Line { $line } (counted from 0) cannot be sold now; “reason” says why. Take it off your shelves and look at the feed again.
unit-unfit = It is sold in another unit
    .detail = Line { $line } (counted from 0) is counted by the { $unit }. Order in that unit, or in kilograms and litres where it is sold by mass or volume.
below-minimum = Less than the seller sells at once
    .detail = Of line { $line } (counted from 0) at least { $least } are sold at once, in the unit that its stock is counted in.
price-changed = The price is another one now
    .detail = Line { $line } (counted from 0) costs { $price_vnd } đ now. Show the buyer the new price, and order again if they still want it.
total-unfit = The line's total is no price
    .detail = Line { $line } (counted from 0) costs less than one đồng or more than anybody means. Check the quantity.
stock-short = Not so much is left
    .detail = Of line { $line } (counted from 0), { $left } are left, in the unit that its stock is counted in. Order that much, or allow “partial”.
order-too-early = The step before this one is missing
    .detail = The order is not that far; “state” says where it stands. Confirm before you send, and send before you deliver.
order-ended = The order has ended
    .detail = It was cancelled or has expired; “state” says which. Make a new order under a reference of its own.
goods-left = The goods have left
    .detail = An order whose goods are on their way is not called off. When they come back, the co-operative records a return.
lot-not-for-sale = A lot of this order may not be sold
    .detail = A lot in it was recalled, blocked, destroyed, or is past its day; “lots” names it. A reservation is cancelled; a sold order waits until its seller or you cancel it.
invoice-unfit = This is no reference to an invoice
    .detail = “cause” says which part is wrong. A tax code of twelve digits is a person's number and is left out.
order-not-sold = The order is not sold
    .detail = Only a confirmed order has an invoice.
sale-unfit = The record does not say what was sold
    .detail = The signed record must be the sale of this order: its name, its lots and their amounts, as the draft gave them. “cause” says what differs.

## Webhooks

webhook-malformed = The request cannot be read
    .detail = The request is not as this API describes it. “cause” says which part; correct it and send it again.
webhook-address = Messages cannot go to this address
    .detail = An endpoint is an https address of at most 500 characters on the public Internet, on port 443 or above 1023. “cause” says what is wrong.
webhook-kind = Nothing is told by this name
    .detail = “{ $kind }” is no kind of message. The description of the API lists them.
webhook-too-many = Too many endpoints
    .detail = An exchange has at most ten. End one that is not used any more.
webhook-unknown = There is no such endpoint
    .detail = No endpoint of yours has this name, or it has ended.

## The server

busy = The ledger is busy
    .detail = Too much is going on at once. Keep the record and send it again in a few seconds; sending again never makes a second record.
unavailable = The ledger cannot write now
    .detail = The ledger could not write and has confirmed nothing. Keep the record and send it again in a few seconds; sending again never makes a second record.
read-failed = The ledger cannot be read now
    .detail = The ledger could not read its data just now. Nothing is lost; try again in a few seconds.
timed-out = It took too long
    .detail = The ledger did not answer in time. If you were sending records, keep them and send them again: those that were stored get the same answer as before.
not-ready = The server is not ready
    .detail = The server runs and cannot serve yet. “checks” says what is missing.
internal = The server failed
    .detail = The fault is the server's, not yours. Keep the record and send it again later. When you report it, give the id in “instance”.

## Records that wait

held-gap = Waiting for an earlier record
    .detail = Record number { $expected_seq } of this key has not come yet. Send it; this record then follows by itself. The phone still keeps the record.
held-after-revocation = Waiting for the co-operative to decide
    .detail = This key was revoked. The record waits until the co-operative takes it on. The phone still keeps the record.
held-frozen = Waiting for the co-operative to resolve a fork
    .detail = This key once signed two different records at one place, so later ones wait until the co-operative resolves it. The phone still keeps the record.

## Who vouches

cosigned-by-operator-only = Cosigned by the operator only
    .detail = Checkpoints are cosigned only by the operator itself so far. No independent party confirms that everybody sees the same log.
cosigned-by-others = Cosigned by independent parties
    .detail = Checkpoints are also cosigned by parties that the operator does not own. Check their signatures on each checkpoint.
