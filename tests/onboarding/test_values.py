"""What single cells and headings mean, and why some cannot be read."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog
from licsync.onboarding.number_assignment import NumberPool, expand_range
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.columns import guess_columns, normalize_heading, table_of
from licsync.spreadsheets.sheet import Row, Sheet


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(CellRefused) as raised:
        call(*arguments)  # type: ignore[operator]
    return f"{raised.value} {raised.value.hint or ''}"


@pytest.mark.parametrize(
    ("text", "country", "numbers"),
    [
        ("+12065550101", None, ["+12065550101"]),
        ("(206) 555-0101", "US", ["+12065550101"]),
        ("030 901820", "DE", ["+4930901820"]),
        ("+49 30 901820; 0171/1234567", "DE", ["+4930901820", "+491711234567"]),
        ("12065550101", "GB", ["+12065550101"]),  # the vendor's form: digits alone
        ("4930901820", "DE", ["+4930901820"]),
    ],
)
def test_phone_numbers(text: str, country: str | None, numbers: list[str]) -> None:
    assert values.phone_numbers(text, country) == numbers


@pytest.mark.parametrize("text", ["1.4E+10", "1,40855E+10", "4.9301E10", "-1e5"])
def test_phone_numbers_that_excel_broke_are_refused_with_the_reason(text: str) -> None:
    assert "last digits are lost" in refused(values.phone_numbers, text, "US")
    assert "last digits are lost" in refused(values.digits, text, "an extension number")


def test_digits_of_other_scripts_are_refused_with_the_plain_ones() -> None:
    message = refused(values.phone_numbers, "+1206555010１", "US")
    assert "has digits other than 0 to 9. Write '+12065550101'." in message
    assert "Write '1001'." in refused(values.digits, "１００１", "an extension number")
    assert "Write '1001'." in refused(values.digits, "١٠٠١", "an extension number")


@pytest.mark.parametrize("text", ["12", "+1206555", "call me"])
def test_invalid_phone_numbers_are_reported(text: str) -> None:
    assert "not a phone number in US" in refused(values.phone_numbers, text, "US")
    assert "12.0" in refused(values.phone_numbers, "12.0", None)


def test_a_phone_number_with_two_readings_or_an_extension_says_so() -> None:
    message = refused(values.phone_numbers, "4315123456", "DE")
    assert "'4315123456' is ambiguous: it can be +494315123456 or +4315123456." in message
    assert "with + and the country code" in message
    assert "'2065550101 ext. 5' is a phone number with an extension" in refused(
        values.phone_numbers, "2065550101 ext. 5", "US"
    )


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    with suppress(CellRefused):
        assert all(number.startswith("+") for number in values.phone_numbers(text, "DE"))


def test_extension_numbers_are_text() -> None:
    assert values.digits("0123", "an extension number") == "0123"
    for text in ("12a", "1001.0", "12345678901", "１２", "1,00"):
        assert refused(values.digits, text, "an extension number")


def test_errors_of_spreadsheets_are_not_values() -> None:
    assert "spreadsheet error" in refused(values.check_undamaged, "#REF!")
    values.check_undamaged("Ada")


def test_a_license_name_may_hold_a_separator_itself() -> None:
    catalog = load_catalog(
        {"odd": {"title": "Voice, and more", "vendor_names": ["Voice, and more"]}}
    )
    assert values.licenses("Voice, and more", catalog) == ["odd"]


def test_time_zones_are_names_of_the_list() -> None:
    assert values.timezone("america/los angeles") == "America/Los_Angeles"
    assert "Did you mean 'America/Los_Angeles'" in refused(values.timezone, "America/Los_Angelos")
    message = refused(values.timezone, "Pacific Standard Time")
    assert "a Windows name" in message
    assert "Tahiti" not in message
    assert "IANA" in refused(values.timezone, "xyzzy")


def test_names_are_found_whatever_their_case_and_accents() -> None:
    assert values.one_of("zurich", ["Zürich", "Bern"], "site") == "Zürich"
    assert values.one_of("Bern", ["Zürich", "Bern"], "site") == "Bern"
    assert "Did you mean 'Bern'" in refused(values.one_of, "Berm", ["Bern"], "site")
    assert "Known: Bern" in refused(values.one_of, "Tokyo", ["Bern"], "site")
    assert "Declare the site first" in refused(values.one_of, "Tokyo", [], "site")


def test_license_types_by_any_of_their_names() -> None:
    catalog = load_catalog()
    assert values.licenses("x2, X Series X4 + VCC Agent;", catalog) == ["x2", "x4", "vcc-agent"]
    assert "Did you mean" in refused(values.licenses, "X22", catalog)


def test_a_name_that_holds_a_separator_is_one_name() -> None:
    catalog = Catalog({"duo": {"title": "Talk + Text"}, "x2": {"title": "X2"}})
    assert values.licenses("Talk + Text", catalog) == ["duo"]
    assert "'Talk' is not a license type" in refused(values.licenses, "Talk + Text + X2", catalog)


COUNTRIES = {
    "DE": "DE",
    "de": "DE",
    "Deutschland": "DE",
    "États-Unis": "US",
    "Germany": "DE",
    "UK": "GB",
    "DEU": "DE",
}


@pytest.mark.parametrize(("text", "code"), COUNTRIES.items())
def test_countries(text: str, code: str) -> None:
    assert values.country_code(text) == code


def test_other_values() -> None:
    assert "not a country" in refused(values.country_code, "Atlantis")
    assert "not an e-mail" in refused(values.email, "ada at acme")
    assert values.locale("de_de") == "de-DE"
    assert values.day("31.12.2026") == values.day("2026-12-31") == "2026-12-31"
    assert "Write 2026-12-31." in refused(values.day, "12/31/2026")
    assert "number of a day in a spreadsheet, write 2026-12-31." in refused(values.day, "46387")
    assert "not a date" in refused(values.day, "31.02.2026")
    assert values.day("2026-12-31") == "2026-12-31"
    assert values.is_active("Aktiv")
    assert not values.is_active("Terminated")
    assert values.split_name("Lopez, Ada") == ("Ada", "Lopez")
    assert values.split_name("Ada Maria Lopez") == ("Ada Maria", "Lopez")
    assert values.as_text(["a", "b"]) == "a, b"


# --- numbers by rule ------------------------------------------------------------------------------


def test_ranges() -> None:
    assert expand_range("0998-1001") == ["0998", "0999", "1000", "1001"]
    assert expand_range("+12065550100 - +12065550101") == ["+12065550100", "+12065550101"]
    assert expand_range("+4420..+4421") == ["+4420", "+4421"]
    assert expand_range("1001") == ["1001"]
    for text in ("a-b", "10-9", "1-100", "0-99999999", "", "1000-"):
        assert refused(expand_range, text)


def test_the_lowest_free_number_of_the_site_is_handed_out() -> None:
    numbers = NumberPool({"Bern": ["10-11", "20"], "default": ["30"]}, ["10"], "extension number")
    assert [numbers.next("Bern"), numbers.next("Bern"), numbers.next("Rome")] == ["11", "20", "30"]
    assert "No extension number is left in 10-11, 20" in refused(numbers.next, "Bern")
    assert NumberPool({}, (), "x").next(None) is None


# --- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("First Name", "first name"), ("FIRST_NAME", "first name"), ("firstName", "first name"),
        ("User.BasicInfo.FirstName", "first name"), ("User.Voice.Number", "voice number"),
        ("Prénom :", "prenom"), ("E-Mail", "e mail"), ("Straße", "strasse"), ("", ""),
        ("Nr.", "nr"), ("user.", ""),
    ],
)  # fmt: skip
def test_headings_are_compared_by_their_words(heading: str, expected: str) -> None:
    assert normalize_heading(heading) == expected


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "Given name|Surname|Work email|Office|Team|Position",
            "first_name last_name email site department job_title",
        ),
        (
            "Nachname|Vorname|Abteilung|Standort|Durchwahl|Rufnummer",
            "last_name first_name department site extension phone",
        ),
        ("Vorname|Name", "first_name last_name"),
        ("Name|E-Mail", "full_name email"),
        (
            "Nom|Prénom|Courriel|Service|Établissement|Poste",
            "last_name first_name email department site job_title",
        ),
        (
            "Apellidos|Nombre|Correo electrónico|Departamento|Sede",
            "last_name first_name email department site",
        ),
        ("User.Basic.UserName|User.Voice.Number|User.Voice.PortNumber|Mobile", "user phone - -"),
        ("Phone|Work phone|Phone", "phone + +"),
        ("Login|Licence type|Voicemail e-mail|", "user license voicemail_email"),
        ("Usuario|Tipo de licencia", "user license"),
    ],
)
def test_headings_of_strangers_are_understood(headings: str, fields: str) -> None:
    found = guess_columns(Row(1, tuple(headings.split("|"))))
    by_place = {place: name for name, place in found.fields.items()}
    cells = headings.split("|")
    output = [
        by_place.get(i) or ("+" if i in found.repeated else "-") for i, c in enumerate(cells) if c
    ]
    assert output == fields.split()


def test_a_mapping_file_wins() -> None:
    found = guess_columns(
        Row(1, ("Name", "Rufname", "Vorname")), own={"first_name": "rufname", "last_name": "NAME"}
    )
    assert found.fields == {"last_name": 0, "first_name": 1}
    assert found.ignored == ["Vorname"]
    assert found.heading("first_name") == "Rufname"


def test_the_table_is_found_below_titles_and_on_other_sheets() -> None:
    cover = Sheet("a.xlsx", [Row(1, ("Name", "x"))], "Cover")
    data = Sheet(
        "a.xlsx",
        [
            Row(1, ("Export",)),
            Row(3, ("Vorname", "Nachname", "Ort")),
            Row(4, ("Zoe", "Zhu", "Bern")),
        ],
        "Data",
    )
    found = table_of([cover, data])
    assert found is not None
    assert (found[0].name, found[1].header.line, [row.line for row in found[2]]) == ("Data", 3, [4])
    assert table_of([cover]) is None
    assert table_of([data], needed=["email"]) is None


@pytest.mark.parametrize(
    ("yes", "no"),
    [("Yes", "No"), ("ja", "nein"), ("WAHR", "FALSCH"), ("oui", "non"), ("vrai", "faux"),
     ("sí", "no"), ("verdadero", "falso")],
)  # fmt: skip
def test_a_status_may_be_yes_or_no_in_each_language_of_the_headings(yes: str, no: str) -> None:
    assert (values.has_left(yes), values.has_left(no)) == (False, True)


@pytest.mark.parametrize("text", ["840", "500", "U5"])
def test_a_number_is_not_a_country(text: str) -> None:
    assert f"'{text}' is not a country." in refused(values.country_code, text)


@pytest.mark.parametrize("text", ["Ada Lopez <ada@acme.example>", "mailto:ada@acme.example"])
def test_a_copied_address_is_no_user_name(text: str) -> None:
    message = refused(values.user_name, text)
    assert f"'{text}' is not a user name." in message
    assert "Write 'ada@acme.example'." in message


@pytest.mark.parametrize("text", ["ada@acme.example", "alopez", "Ada <Lopez>"])
def test_another_text_is_a_user_name(text: str) -> None:
    assert values.user_name(text) == text
