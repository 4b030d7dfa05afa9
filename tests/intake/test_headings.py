"""Headings are known in the languages schools write them in; what the user says of them has the last word."""

from __future__ import annotations

import pytest

from school.errors import BadInput
from school.intake import headings
from school.intake.vocabulary import FIELDS, MEANINGS

LANGUAGES = {
    "en": "Adm. No.|First Name|SURNAME|Class|Parent/Guardian|Phone number|E-mail|Opening balance",
    "fr": "N° matricule|Prénom|Nom|Classe|Responsable légal|Téléphone|Courriel|Solde dû",
    "es": "Matrícula|Nombre|Apellidos|Curso|Padre o tutor|Móvil|Correo electrónico|Saldo inicial",
    "pt": "Nº de matrícula|Nome|Sobrenome|Turma|Responsável|Telemóvel|E-mail|Saldo devedor",
    "de": "Schülernummer|Vorname|Name|Klasse|Erziehungsberechtigte|Telefon|E-Mail|Offener Betrag",
    "it": "Matricola|Nome|Cognome|Classe|Genitore|Cellulare|Email|Saldo iniziale",
    "nl": "Leerlingnummer|Voornaam|Achternaam|Klas|Ouder/verzorger|Telefoon|E-mailadres|Openstaand",
    "sw": "Namba ya mwanafunzi|Jina la kwanza|Jina la ukoo|Darasa|Mzazi/Mlezi|Simu|Barua pepe|Salio",
    "ar": "رقم الطالب|الاسم الأول|اسم العائلة|الصف|ولي الأمر|رقم الهاتف|البريد الإلكتروني|الرصيد",
    "hi": "प्रवेश संख्या|प्रथम नाम|उपनाम|कक्षा|अभिभावक का नाम|मोबाइल नंबर|ईमेल|बकाया राशि",
    "zh": "学号|名|姓|班级|家长姓名|手机|邮箱|期初余额",
    "id": "NIS|Nama depan|Nama belakang|Kelas|Orang tua/Wali|No HP|Surel|Saldo awal",
    "tr": "Öğrenci No|ADI|SOYADI|Sınıf|Veli|Cep telefonu|E-posta|Bakiye",
    "pl": "Numer ucznia|Imię|Nazwisko|Klasa|Opiekun prawny|Telefon|Adres e-mail|Saldo początkowe",
    "ru": "Номер ученика|Имя|Фамилия|Класс|Законный представитель|Телефон|Эл. почта|Остаток",
}
ORDER = [
    "admission_no", "first_name", "last_name", "class", "guardian",
    "guardian_phone", "guardian_email", "balance",
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_register_is_understood_in(language: str) -> None:
    columns = headings.mapped(LANGUAGES[language].split("|")).columns

    assert [columns.get(field) for field in ORDER] == list(range(8))


@pytest.mark.parametrize(
    "heading",
    ["admission_no", "AdmissionNo", " Admission  No. ", "ADMISSION NO", "Admission-No", "Admission No:"],
)
def test_case_spaces_and_punctuation_make_no_difference(heading: str) -> None:
    assert headings.recognised(heading) == "admission_no"


@pytest.mark.parametrize(
    "heading", ["Balance (KES)", "Solde dû (EUR)", "Opening balance（¥）", "Balance (Term 1)"]
)
def test_what_stands_in_brackets_says_only_the_unit(heading: str) -> None:
    assert headings.recognised(heading) == "balance"


def test_no_word_means_two_fields() -> None:
    meant: dict[str, set[str]] = {}
    for field, words in MEANINGS.items():
        for word in words.split("|"):
            meant.setdefault(headings.key(word), set()).add(field)

    assert {word: fields for word, fields in meant.items() if len(fields) > 1} == {}
    assert set(MEANINGS) == set(FIELDS)


def test_a_whole_name_serves_alone_and_says_nothing_beside_its_parts() -> None:
    assert headings.mapped(["No élève", "Numéro élève", "Nom"]).columns == {"admission_no": 1, "name": 2}
    assert headings.mapped(["Adm No", "Name", "First name", "Surname"]).columns == {
        "admission_no": 0, "first_name": 2, "last_name": 3,
    }  # fmt: skip


def test_what_the_user_says_comes_before_what_is_remembered_and_that_before_what_is_usual() -> None:
    titles = ["Code", "Name", "Balance", "Old balance"]
    remembered = {"Code": "admission_no", "Old balance": "balance", "Balance": "ignore"}

    given = {"balance": "balance", "Old balance": "ignore"}

    assert headings.mapped(["Adm No", *titles[2:3]]).columns["balance"] == 1
    assert headings.mapped(titles, remembered=remembered).columns["balance"] == 3
    assert headings.mapped(titles, remembered=remembered, given=given).columns["balance"] == 2


def test_two_columns_that_look_like_the_balance_are_asked_about_and_two_phones_are_not() -> None:
    with pytest.raises(BadInput, match="Both “Balance” and “Arrears” look like the opening balance"):
        headings.mapped(["Adm No", "Name", "Balance", "Arrears"])

    given = {"Arrears": "balance"}
    assert headings.mapped(["Adm No", "Name", "Balance", "Arrears"], given=given).columns["balance"] == 3
    assert headings.mapped(["Adm No", "Name", "Phone", "Mobile"]).columns["guardian_phone"] == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Nothing": "balance"}, "There is no column “Nothing”: the headings are “Adm No”, “Name”, “X”"),
        ({"X": "nonsense"}, "“nonsense” is no field: choose among admission_no"),
        ({"X": "name", "Name": "name"}, "Two columns are given as name"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        headings.mapped(["Adm No", "Name", "X"], given=given)


def test_a_table_that_does_not_say_who_the_students_are_is_refused_with_its_headings() -> None:
    columns = headings.mapped(["Tunnus", "Nimi"])

    with pytest.raises(BadInput) as refused:
        headings.required(columns, "oppilaat.csv")

    assert "admission number and name" in refused.value.sentence
    assert "“Tunnus”, “Nimi”" in refused.value.sentence
    assert "“Tunnus=admission_no”" in refused.value.sentence


def test_the_same_headings_are_known_again_in_any_order_and_case() -> None:
    assert headings.fingerprint(["Adm No", "Name"]) == headings.fingerprint(["NAME", "adm no", ""])
    assert headings.fingerprint(["Adm No", "Name"]) != headings.fingerprint(["Adm No", "Name", "Class"])
