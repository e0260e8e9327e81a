# The texts of the public pages. Each entry must be in page.vi.ftl too; a test sees to it.
# A page tells what the ledger knows and who said it; no code can prove what is in the box.

## Frame

brand = Nguồn
skip = To the main content
nav-language = Language
language-note = Names, notes and what makers wrote are shown as they stand in the ledger, often in Vietnamese.
foot = This page sets no cookie, loads nothing from elsewhere and keeps no record of who read it.
code-title = Is there a short code under the QR?
code-text = If the QR code is blurred, torn or leads to a strange site, type the eight characters printed below it.
code-label = Short code on the sticker
code-button = Look it up

## How a lot stands

status-active = In the ledger, nothing unusual seen
status-active-text = Each stage was recorded and signed by those who made it. Compare with the pack.
status-noted = In the ledger, with something to note
status-noted-text = The stages were recorded and signed, but you should know this before you rely on them:
status-doubtful = There are doubts about this lot
status-doubtful-text = What those who made or held the lot recorded themselves does not agree:
doubtful-advice = While this is unexplained, the lot cannot be offered for sale through the ledger.
status-recalled = RECALLED: do not use, do not sell
status-recalled-text = This lot is being recalled.
recalled-by = Called by:
recalled-since = Since:
recalled-from = It began with the source lot:
recalled-advice = Do not eat it, sell it or pass it on. Keep the pack and take it back to where you bought it, or call the producer.
hotline = The organisation's telephone:
status-destroyed = This lot was destroyed
status-destroyed-text = The ledger says that what was left of it was destroyed. If you hold something with this lot number, do not use it, and tell the seller.
status-claims-only = Nobody answers for this lot yet
status-claims-only-text = The ledger has only what others say of it; nobody has recorded making it.
status-registered = Sticker printed, not activated
status-registered-text = The lot's codes are printed, but the co-operative has recorded no harvest or packing yet.
registered-advice = If you see this sticker on goods for sale, ask the seller and tell the co-operative.
status-expired = Past its date
status-expired-text = The date in the ledger is { $day }.
status-sold-out = The ledger says this lot is used up
status-sold-out-text = All of it was sold or used to make other lots. What you hold may have been bought before.
listed-active = In the ledger

## Product, places, papers

lot-number = Lot { $lot }
lot-of-product = { $product }, lot { $lot }
product-of-gtin = Product with GTIN { $gtin }
organisation-without-card = Organisation { $id }…
plot-at = plot { $plot }, { $place }
from-until = { $from } – { $until }
harvested-on = harvested { $day }
drawing-alt = Drawing: { $what }
category-coffee = coffee
category-strawberry = strawberry
category-tomato = tomato
category-artichoke = artichoke
category-dragon-fruit = dragon fruit
category-sweet-potato = sweet potato
category-potato = potato
category-rice = rice
category-tea = tea
category-produce = produce
kind-cooperative = Co-operative
kind-cooperative-group = Co-operative group
kind-farm = Farm or household
kind-company = Company
kind-certifier = Certifier or laboratory
kind-authority = Public authority
facts-title = Traceability facts
fact-product = Product
fact-maker = Made by
fact-maker-kind = What it is
fact-address = Address
fact-grown-in = Grown in
fact-planting-area = Planting-area code
fact-growing-method = Grown how
fact-country = Country of origin
fact-harvested = Harvested
fact-produced = Made or packed
fact-lot-number = Lot number
fact-gtin = GTIN
fact-product-code = Product code
fact-net-content = Net content
fact-shelf-life = Shelf life
fact-trace-code = Traceability code
fact-best-before = Best before
fact-use-by = Use by
country-vn = Việt Nam
days = { $n ->
    [one] { $number } day
   *[other] { $number } days
 }
plots = { $n ->
    [one] { $number } plot
   *[other] { $number } plots
 }
quantity-kilograms = { $number } kg
quantity-litres = { $number } l
quantity-pieces = { $n ->
    [one] { $number } piece
   *[other] { $number } pieces
 }
method-field-grown = In the open field
method-greenhouse = In a greenhouse
method-shade-house = In a net house
method-hydroponic = Hydroponic
method-organic = Organic
method-conventional = Conventional
method-integrated-pest-management = Integrated pest management (IPM)
method-wild = Gathered in the wild
no-papers = No certificate and no inspection has been recorded for this lot.
scheme-vietgap = VietGAP
scheme-globalgap = GLOBALG.A.P.
scheme-ocop = OCOP, { $stars } stars
scheme-organic = Organic
scheme-food-safety = Food safety
scheme-self-declaration = Self-declaration of the product
scheme-test-report = Test report
scheme-planting-area = Planting-area code
paper-text = No. { $number }, issued by { $issuer }
paper-until = until { $until }
paper-from = from { $from }
paper-over = ended on { $until }
mark-confirmed = ✓ signed by { $signer }
mark-issuer = ✓ confirmed by the issuer’s own signature
mark-claimed = stated by { $signer } itself, confirmed by nobody else yet
mark-over = ! This paper is out of date
inspection-passed = Inspection: passed
inspection-failed = Inspection: FAILED
inspection-held = Inspected, no result recorded
mark-inspected = ✓ Signed by the inspector: { $signer }
mark-inspected-itself = { $signer } inspected itself
no-inspections = No inspection has been recorded.
photos-removed = { $n ->
    [one] A photograph of this record was removed on request; the record stands as it was signed.
   *[other] { $number } photographs of this record were removed on request; the record stands as it was signed.
 }
photo-by = taken and signed by { $who }

## Stages

stages-title = The journey of this lot
stage-from = From:
stage-to = To:
stage-record = Record
stage-receipt = receipt
step-planting = Planting
step-fertilising = Fertilising
step-plant-protection = Plant protection
step-irrigation = Irrigation
step-testing = Laboratory test
step-harvesting = Harvest
step-cooling = Cooling
step-handling = Washing and trimming
step-sorting = Sorting
step-packing = Packing
step-processing = Processing
step-sampling = Sampling
step-aggregating = Put into a container
step-disaggregating = Taken out of a container
step-encoding = Stickers printed
step-commissioning = Stickers activated
step-decommissioning = Stickers voided
step-shipping = Shipped
step-transporting = On the road
step-receiving = Received
step-storing = Stored
step-waste = Waste collected
step-confirming = Confirmed by the person it was entered for
step-selling = Sold
step-returning = Returned
step-inspecting = Inspection
step-recall = Recall
step-recall-ended = Recall ended
step-destroying = Destroyed or lost
step-other = Another step
detail-variety = Variety: { $value }
detail-seed-origin = Seed from: { $value }
detail-area = Area treated: { $value } m²
detail-waste = Collected: { $value }
detail-for-another = Entered for somebody else, not confirmed by them yet
detail-for-another-confirmed = Entered for somebody else, confirmed from another device
detail-product = Used: { $value }
detail-dose = Dose: { $value }
detail-substance = Active substance: { $value }
detail-target = Against: { $value }
detail-phi = Pre-harvest interval: { $value }
detail-water = Water from: { $value }
detail-test = Tested: { $value }
detail-reason = Reason: { $value }
detail-step = Kind: { $value }
detail-container = Container: { $value }
detail-paper = Under paper no. { $value }
detail-gateway = Signed by a server on the organisation's behalf
result-passed = Result: passed
result-failed = Result: failed
effect-claim = Somebody else's claim, without effect on the lot
effect-corrected = Corrected by who recorded it: a mistake
effect-corrected-because = Corrected by who recorded it: { $why }
effect-correction = Corrects an earlier record
void-role-lacking = Does not count: the device has no such task
void-standing-lacking = Does not count: the organisation is not recognised for this
void-disputed = Does not count: the device signed two records for one place
void-revoked = Does not count: the device was revoked
void-act-differs = Does not count: signed as another kind of act
void-future-date = Does not count: dated in the future
void-plot-unknown = Does not count: the plot is not registered by this organisation
void-made-twice = Does not count: the lot had been made already
late-by = { $n ->
    [one] Logged { $number } day late
   *[other] Logged { $number } days late
 }
logged-between = Logged between { $from } and { $until }.
logged-before = Logged not later than { $until }.
logged-after = Logged after { $from }.
logged-unproven = Just logged, waiting for a witness to cosign.
phone-said = The device's clock said { $at }.

## Map

map-title = Where
map-text = A dot is a commune, no finer; where a plot lies is not public.
map-alt = Map of Việt Nam and an enlarged part of it, with the places listed below.
map-grown = Grown
map-made = Made
map-held = Passed through
map-paracel = Hoàng Sa
map-spratly = Trường Sa

## Origins, amounts, offers

chain-title = Quantities along the way
inputs-title = Made from
inputs-blended = Blended from { $number } lots. If one of them is recalled, so is this one.
inputs-count = { $n ->
    [one] Show { $number } source lot
   *[other] Show all { $number } source lots
 }
outputs-title = Used to make
outputs-count = { $n ->
    [one] Show { $number } lot
   *[other] Show all { $number } lots
 }
used-for = { $quantity } used
lists-title = Complete by law?
lists-text = Complete does not mean true: the rules speak of that separately.
presence-complete = all that must be there is there
presence-count = { $missing } missing
presence-there = there
presence-partly = there in part
presence-missing = missing
presence-not-stated = not stated (needed only where there is one)
amounts-title = This lot
amount-made = Made
amount-used = Used for other lots
amount-shipped = Of that, handed to others (who may have used it)
amount-sold = Sold to consumers
amount-lost = Sampled, destroyed, lost
amount-left = Left, by the ledger
holders-title = Through whose hands
holder-made = made { $quantity }
holder-received = received { $quantity }
holder-sent = was sent { $quantity }, says the sender
holder-used = used { $quantity }
holder-shipped = passed on { $quantity }
holder-sold = sold { $quantity }
holder-lost = lost { $quantity }
holder-left = has { $quantity } left
findings-title = What the rules say
findings-none = The rules looked at this lot and found nothing that disagrees.
severity-blocking = Grave: may not be offered
severity-warning = To note
severity-info = For information
offers-title = On offer
price-per = { $price } / { $quantity }
offer-stock = { $quantity } in stock
offer-until = until { $until }
offer-call = To buy, call: { $who }

## What the rules are called

rule-recalled-source = A source lot is recalled
rule-inside-phi = Harvested inside a pre-harvest interval
rule-yield-implausible = More than the plot can yield
rule-output-beyond-input = More came out than went in
rule-brand-unverified = Somebody else's product, quantity cannot be compared
rule-beyond-left = More left the lot than was in it
rule-parts-missing = Parts of one transformation are missing
rule-certificate-not-valid = Certificate not valid on the day the lot was made
rule-certificate-of-another = Certificate of somebody else
rule-facts-erased = A record's public facts were erased
rule-source-blocked = There are grave doubts about a source lot
rule-source-overdrawn = More of a source was passed on than received
rule-sold-after-recall = Shipped or sold on while recalled
rule-source-unknown = Unknown source
rule-spray-taken-back = A spraying was declared wrong
rule-phi-unverified = A spraying without its pre-harvest interval
rule-out-of-season = Harvested out of season
rule-plot-unknown = Plot not registered
rule-plot-missing = Harvest without a plot
rule-made-twice = Lot made twice
rule-future-date = Dated in the future
rule-self-shipment = Shipped to itself
rule-received-beyond-shipped = More received than was sent
rule-holder-overdrawn = A holder passed on more than it got
rule-labels-beyond-packs = More labels than packs
rule-labels-printed-twice = Label numbers printed twice
rule-certificate-unknown = Certificate not in the ledger
rule-certificate-scope = Certificate does not cover this lot
rule-claim-without-paper = Presented as certified, without a paper
rule-unit-differs = Units differ
rule-maker-unrecognised = Maker not recognised by the province
rule-act-differs = Signed as another kind of act
rule-role-lacking = Device without this task
rule-standing-lacking = Organisation not recognised for this
rule-disputed = Device signed two records for one place
rule-unreadable = A record cannot be read
rule-link-missing = An earlier record is missing
rule-second-handle = Lot named a second time
rule-late-entry = Logged late
rule-certificate-ended = Certificate has ended since
rule-food-safety-missing = No food-safety paper with it
rule-planting-area-missing = No paper for its planting-area code
rule-yield-unverified = Yield could not be compared
rule-factor-undeclared = Processing ratio not declared
rule-unknown-step = A step no rule knows

## The sticker, and checking it yourself

qr-title = QR code of lot { $lot }
sticker-title = The lot's code
sticker-code = Short code printed under the QR:
sticker-text = This code speaks of the lot. It cannot prove that the sticker is on the right box: compare the product, the lot number and the dates on the pack with this page.
do-title = What you can do
do-buy = Buy
do-check = Check it yourself
do-report = Report a suspicious sticker
report-title = Does the sticker look wrong?
report-text = Do the product, lot number or dates on the pack differ from this page, or does the sticker look moved? Tell us, no account needed.
proofs-title = Check it yourself, without trusting us
proofs-text = Each stage is a record signed by a device of those who did it. The ledger only grows and cannot be edited; to hide a change the operator would have to bend the whole of it, and whoever kept an older copy would see.
proof-signed = Open a record above: you see exactly what was signed, and with which key.
proof-logged = Open its receipt: it proves that the record is in the ledger. Keep it if you may need it later.
proof-whole = Check the whole ledger on your own machine, with open-source software:
operator-only = Cosigned by the operator only, for now. There is no independent witness yet.
cosigned-by = The ledger is cosigned by:
log-key = The ledger's public key:
proof-checkpoint = Newest checkpoint
proof-log-key = Log key
proof-witness-keys = Witness keys
proof-evidence = Download the lot’s evidence (zip)
proof-evidence-text = can be checked offline with nguon verify
proof-json = This lot as JSON
proof-not = A signature tells who said something and when, not whether it is true. For that there are inspections, quantities that must agree, and you.
embed-title = Put it on your own site
embed-text = The badge shows how the lot stands when it is looked at, without script and without tracking who looks:
badge-title = Traced on Nguồn

## Codes that lead to no lot

fault-unknown-lot = The ledger has no such lot
fault-unknown-lot-text = Nobody has recorded anything on the lot of this code. Perhaps the sticker was printed before the records were made, the code was mistyped, or the sticker belongs to another ledger.
fault-check-digit = This GTIN is wrong
fault-check-digit-text = The check digit of the GTIN does not fit, so a digit was mistyped or misprinted. Scan again, or compare with the number under the barcode.
fault-malformed = No lot can have this address
fault-malformed-text = The code has characters or a length that no lot has. Scan again, or type the short code printed under the QR.
fault-not-a-lot = This code does not name a lot
fault-not-a-lot-text = It names a product or a place, without a lot number. Look for the lot number on the pack.
fault-unknown-code = No lot has this short code
fault-unknown-code-text = It is typed as codes are, but the ledger does not have it. Compare it with the sticker again.
fault-serial-alone = This is the code of one pack; the code of its lot is missing
fault-serial-alone-text = The fifteen characters are one pack's own. The ledger has too many lots to find it by them alone: type the eight-character short code under the QR, too, before or after it, into the box below.
fault-unknown-serial = No pack has this code
fault-unknown-serial-text = Fifteen characters are one pack's own code, and this ledger gave out none like it for any lot. Compare it letter by letter; if that is what the sticker says, the sticker is not from this ledger.
fault-mistyped-code = The short code was mistyped
fault-mistyped-code-text = A short code has eight characters, such as 8J3K-Q0ZH; the last one reveals slips, and it does not fit. Type it again in the box below.
fault-unknown-organisation = The ledger has no such organisation
fault-unknown-organisation-text = No organisation with this id has recorded anything.
fault-no-page = There is no such page
fault-no-page-text = The ledger has nothing at this address. Check it, or type the short code under the QR code into the box below.
fault-what-now = What to do now
fault-do-code = Type the eight-character short code under the QR into the box below.
fault-do-compare = Look at the site that the sticker leads to: is it the one printed on the pack?
fault-do-ask = If nothing comes up, ask the seller and keep the pack. Do not take the goods for traced.
fault-search = Search by product or lot number

## First page

home-title = Where does this food come from?
home-text = Nguồn is the province's open ledger of farm produce: co-operatives record and sign each stage on their phones, anybody can read and check it, and nobody can change what was written.
search-label = Search by product or lot number
search-example = coffee, strawberry, a lot number…
search-button = Search
newest-lots = Newest lots
found-lots = Found for “{ $wanted }”
no-lots = There are no lots.
members = Who takes part
no-members = No organisation has been recognised yet.
log-title = The ledger
log-text = All records are in one public log that only grows. Anybody can download it and check it from the beginning.
log-operator = Operated by
log-name = The log's name
log-size = Records
log-checked = Cosigned at

## An organisation's page

organisation-who = Who this is
identifier-gln = GLN (GS1)
identifier-gtin = GTIN (GS1)
identifier-tax = Tax code
identifier-puc = Planting-area code
identifier-phc = Packing-house code
identifier-ggn = GLOBALG.A.P. number (GGN)
identifier-internal = Internal code
organisation-standing = Recognised as
organisation-hotline = Telephone
organisation-website = Web site
organisation-id = Id in the ledger
organisation-keys = Its keys
organisation-says = Name and address are recorded and signed by the organisation itself; the ledger's operator records what it is recognised as.
organisation-people = Names of people stand in private parts of records and on no page.
organisation-grounds = What grows where
organisation-lots = Lots
more-lots = More
standing-producer = producer
standing-packer = packer, processor or trader
standing-inspector = certifier or inspector
standing-authority = public authority
standing-suspended = suspended
standing-none = not recognised yet
standing-operator = operator of the ledger

## One pack

pack-number = Pack no. { $number }
pack-scans-none = No phone scanned this label before you.
pack-scans = { $n ->
    [one] { $number } phone
   *[other] { $number } phones
 }
pack-scans-since = Before you, { $scans } scanned this label, the first on { $day }.
pack-sold = This pack is recorded as sold on { $day }. If you see it on sale as new, report it.
pack-settled = On { $day }, who made the lot looked into this: { $signs } It says: “{ $reason }”. If the code is met like that again, this page will say so.
pack-where = Where do you see this pack?
pack-where-label = Province or city
pack-where-send = Send
pack-where-text = If you like. One code in two far places is a sign that a label was copied. The ledger keeps province and day, and not who you are.
pack-not-printed = No record says that this label was printed
pack-not-printed-text = The code is one of this system, but whoever made the lot has not recorded that this label was printed.
pack-not-active = This label is not activated
pack-not-active-text = It is printed, and no record says yet that it is on a pack.
pack-void = This label was voided
pack-void-text = Whoever made the lot voided it: spoiled, lost or taken off. No pack should carry it any more.
pack-met-often = This code was scanned in an unusual way
pack-met-often-text = One pack is hardly scanned like this. The label may have been copied onto other packs; or many people looked at one. The ledger cannot know which pack you hold.
pack-advice = Compare name, weight and day on the pack with this page. If they differ, do not buy it, and report it.
sign-far-apart = On { $day }, within one hour, this code was scanned in { $one } and in { $other }.
sign-many-provinces = This code was scanned in { $number } provinces.
sign-many-phones = { $number } phones scanned this code.
sign-after-sale = The pack is recorded as sold on { $day }; more than a week later, { $number } phones went on scanning this code.
fault-foreign-serial = This ledger did not give out this code
fault-foreign-serial-text = The label names a lot that is in the ledger, but the pack's own code is none of this ledger's. It may be misprinted, or somebody printed it.
fault-to-lot = See the page of the lot that the label names

## Reporting a suspicious sticker

report-page-title = Report a suspicious sticker
report-intro = No account, no name. You get a case number to see what came of it.
report-not-sent = Not sent yet
report-to-field = Go to that field
report-photo-again = Please choose the picture again: browsers do not keep it when a page comes back.
report-reason = What is wrong?
report-reason-leads-elsewhere = The sticker leads to another website
report-reason-looks-different = The pack in my hand is not like the page (name, weight, dates, place)
report-reason-sold-elsewhere = It is sold in another place, or by somebody else, than the page says
report-reason-recalled-or-expired = It is still on sale though recalled or past its date
report-reason-other = Something else
report-about = The code on the sticker, or the address it leads to
report-about-hint = For example 8J3K-Q0ZH, eight characters under the QR code. If you cannot read it, leave this empty and describe it below.
report-words = What did you see, where, and when?
report-words-hint = Optional, at most 1,000 characters. The market or shop, the ward and the day help most. Whoever made the lot can read this too.
report-photo = A picture of the sticker and the pack
report-photo-hint = Optional. JPEG, PNG or WebP, at most 8 MB. We keep a copy without the place and the phone it was taken with. Please, no faces.
report-contact = Your phone number or e-mail address
report-optional = Optional.
report-retention = Only those who work on the case may see it, and each look is noted. Contact and picture are erased { $days } days after the case is closed, and at the latest a year after it came.
report-trap = Please leave this field empty
report-button = Send the report
report-next = After you send it
report-now = What happens now
report-next-who = The province's office that runs this ledger and whoever made the lot will look at it.
report-next-status = A report never changes by itself how a lot stands. Only somebody with the right to can order a recall, after checking.
report-next-urgent = If somebody feels ill after eating it, call 115 or see a doctor at once, and keep the pack.
report-have = Do you have a case number?
report-case = Case number
report-case-label = Case number, twelve characters
report-case-button = Show
report-case-keep = Take a screenshot or write it down. Whoever has the number can see this page, and nobody can see what you wrote.
report-received = Received
report-closed = Closed
report-answer = Answer
report-no-answer = The case is closed, and there is no public answer.
report-personal = Your personal data
report-erased = Nothing of what was told is kept any more: code, words, contact and photograph of this case are erased.
report-erase = To have it erased earlier, call the office that runs this ledger and read out the case number.
report-unknown = There is no such case
report-unknown-text = A case number has twelve characters, for example 8J3K-Q0ZH-7M25. Please check each of them.
report-state-received = Your report has arrived
report-state-received-text = Thank you. It is kept, and waits for somebody to look at it.
report-state-open = Somebody is looking at it
report-state-open-text = Your report has been read.
report-state-closed = Closed
report-state-closed-text = The case is closed.
report-error-early = The form came back very fast. Look it over and press send again.
report-error-old = The form was open for too long. What you wrote is still below: press send again.
report-error-no-reason = Please choose a reason.
report-error-nothing = Please tell us one thing: the code on the sticker, some words, or a picture.
report-error-too-long = This field takes { $limit } characters.
report-error-contact = This is neither a phone number nor an e-mail address. You may leave it empty.
report-error-sent-otherwise = This form was sent before, as case { $case }. To send something new, press send again; it gets a number of its own.
report-error-many-network = Many reports came from the network you are on. Try again in { $minutes } minutes, or call the office that runs this ledger.
report-error-many-lot = There are many reports about this lot already, and we know. If you have something new, try again in { $minutes } minutes.
report-error-many-all = There are too many reports just now. Try again in { $minutes } minutes.
report-error-photo-large = The picture is too large. Choose one below 8 MB and 24 million pixels, or send the report without one.
report-error-photo = This picture cannot be opened. Choose a JPEG, PNG or WebP picture, or send the report without one.
report-error-busy = The server is busy and has kept nothing. Press send again in some seconds.
report-error-robot = The field for machines has something in it; your browser may have filled it in. Press send again.
report-error-form = The server could not read the form and has kept nothing. Please fill it in and send it again.

## While the database does not answer

copy-notice = The ledger cannot read its data now. This is a copy from { $at }; whatever was recorded later is not in it.
fault-trouble = This page cannot be shown right now
fault-trouble-text = The ledger cannot read its data just now, and no copy of this page is kept. Nothing is lost; try again in a few minutes. If you are in doubt about a pack, wait until you can look it up.
pack-advice-stop = Do not buy this pack. Ask the seller, and report it.
foreign-do-stop = Do not buy or use this pack; keep the label and the pack.
foreign-do-compare = If you typed the address, compare it letter by letter. The lot's page speaks of the lot, and says nothing of this pack.
foreign-do-report = Ask the seller, and report the sticker below.
foot-pack = This page sets no cookie and loads nothing from elsewhere. Each phone that opens a pack's page is counted once a day; the ledger does not keep who it was.

## An order's slip

slip-title = Delivery slip
slip-order = Order
slip-name = Name in the ledger
slip-day = Ordered on
slip-state = State
slip-reserved = set aside, not sold yet
slip-confirmed = sold, to be sent
slip-shipped = on its way
slip-delivered = delivered
slip-cancelled = cancelled
slip-expired = expired
slip-seller = Seller
slip-goods = Goods
slip-amount = Quantity
slip-lots = Lots
slip-price = Price
slip-sum = Amount
slip-total = Total
slip-piece = packs
slip-invoice = Electronic invoice
slip-invoice-number = Number
slip-invoice-symbol = Symbol
slip-invoice-tax = Seller's tax code
slip-invoice-lookup = Look-up code
slip-pay = Pay by VietQR
slip-pay-text = The money goes from the buyer's bank to the co-operative's. This ledger handles none of it.
