"""Reads our Google feeds as Google's own client library would: each attribute must be one of its schema's.

usage: merchant.py XML TSV LISTINGS_JSON
"""

import csv
import json
import sys

import feedparser
from google.shopping.merchant_products_v1 import Availability, Condition, ProductAttributes
from google.shopping.type import Price
from xml.etree import ElementTree

G = "{http://base.google.com/ns/1.0}"
ENUMS = {"availability": Availability, "condition": Condition}
# Attributes that the API has under another name, or in another shape than text.
RENAMED = {
    "id": None,  # the product's own name, not an attribute
    "additional_image_link": "additional_image_links",
    "product_type": "product_types",
    "mpn": "mpn",
    "gtin": "gtins",
}


def attributes(pairs, details):
    """The attributes as the library's own type; raises where it knows none of this name."""
    given = {}
    for name, value in pairs:
        name = RENAMED.get(name, name)
        if name is None:
            continue
        if name in ENUMS:
            value = ENUMS[name][value.upper()]
        elif name == "price":
            amount, currency = value.split(" ")
            assert currency == "VND" and amount.isdigit(), value
            value = Price(amount_micros=int(amount) * 1_000_000, currency_code=currency)
        elif name == "identifier_exists":
            value = {"yes": True, "no": False}[value]
        elif name in ("unit_pricing_measure", "unit_pricing_base_measure", "shipping_weight"):
            amount, unit = value.split(" ")
            assert unit in ("g", "kg", "ml", "l"), value
            value = {"value": int(amount), "unit": unit}
        elif name == "expiration_date":
            assert value[-5:] == "+0700" and len(value) == 21, value
            continue
        elif name in ("additional_image_links", "product_types", "gtins"):
            given.setdefault(name, []).append(value)
            continue
        assert name not in given, f"{name} twice"
        given[name] = value
    given["product_details"] = [
        {"section_name": section, "attribute_name": name, "attribute_value": value}
        for section, name, value in details
    ]
    made = ProductAttributes(**given)
    for wanted in ("title", "description", "link", "price", "availability", "condition", "brand"):
        assert getattr(made, wanted), f"{wanted} is missing"
    assert len(made.title) <= 150 and len(made.description) <= 5000
    assert "<" not in made.description, made.description
    return made


def main():
    xml, tsv, listings = sys.argv[1:]
    items = {item["event_id"]: item for item in json.load(open(listings, encoding="utf-8"))["items"]}
    read = feedparser.parse(xml)
    assert not read.bozo, read.bozo_exception
    seen = set()
    for item in ElementTree.parse(xml).getroot().iter("item"):
        pairs, details = [], []
        for element in item:
            assert element.tag.startswith(G), element.tag
            name = element.tag[len(G):]
            if name == "product_detail":
                details.append([part.text for part in element])
            else:
                pairs.append((name, element.text))
        made = attributes(pairs, details)
        event = next(value for _, name, value in details if name == "Mã bản ghi")
        listing = items[event]
        assert made.price.amount_micros == listing["shown"]["price_vnd"] * 1_000_000
        assert (made.availability == Availability.IN_STOCK) == (listing["shown"]["stock"]["value"] > 0)
        ids = [value for name, value in pairs if name == "id"]
        assert len(ids) == 1 and len(ids[0]) <= 50 and ids[0].isalnum()
        seen.add(event)
    assert seen == set(items), "the feed and the listings name the same records"

    with open(tsv, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == len(items)
    for row in rows:
        pairs = [(name, value) for name, value in row.items() if value and name != "product_detail"]
        spread = []
        for name, value in pairs:
            spread.extend((name, part) for part in (value.split(",") if name == "additional_image_link" else [value]))
        attributes(spread, [])
    print(f"{len(items)} products in Google's own words, twice")


main()
