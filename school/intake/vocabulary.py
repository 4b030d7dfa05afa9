"""What the columns of a school's register are called, in the languages schools write them in."""

from __future__ import annotations

from school.students.rules import fold

FIELDS = {
    "admission_no": "admission number",
    "first_name": "first name",
    "last_name": "last name",
    "name": "name",
    "class": "class",
    "guardian": "guardian",
    "guardian_phone": "guardian's phone",
    "guardian_email": "guardian's e-mail",
    "balance": "opening balance",
    "due_date": "due date",
    "status": "status",
    "joined_on": "date of joining",
}

# Words that mean two things in one language are given to neither field.
MEANINGS = {
    "admission_no": (
        "Admission No|Admission Number|Adm No|Adm Number|Adm|Admno|Admission|Admission #|Student No"
        "|Student Number|Student ID|Pupil No|Pupil Number|Pupil ID|Registration No|Registration Number"
        "|Reg No|Reg Number|Roll No|Roll Number|Enrolment No|Enrollment No|Enrolment Number|Learner No"
        "|Learner Number|Learner ID|UPI|UPN|Index No|Matricule|Numéro matricule|N° matricule"
        "|Numéro élève|N° élève|Numéro d'élève|Numéro d'inscription|N° d'inscription|INE|Matrícula"
        "|N° de matrícula|Nº de matrícula|Número de matrícula|Nº matrícula|Código de alumno"
        "|Número de alumno|Expediente|Número de aluno|Nº de aluno|Nº do aluno|Número do aluno"
        "|Registro acadêmico|RA|Nº de processo|Schülernummer|Schüler-Nr|Schülernr|Matrikelnummer"
        "|Matrikel-Nr|Aufnahmenummer|Matricola|Numero di matricola|N° matricola|Codice studente"
        "|Codice alunno|Leerlingnummer|Leerling-nr|Leerlingnr|Stamnummer|Inschrijvingsnummer"
        "|Namba ya usajili|Namba ya mwanafunzi|Nambari ya usajili|Nambari ya mwanafunzi|Na ya usajili"
        "|رقم القيد|رقم التسجيل|رقم الطالب|الرقم المدرسي|رقم القبول|الرقم الأكاديمي|प्रवेश संख्या"
        "|प्रवेश क्रमांक|छात्र संख्या|पंजीकरण संख्या|नामांकन संख्या|अनुक्रमांक|学号|学籍号|學號|学生编号"
        "|學生編號|学生号|Nomor induk|Nomor Induk Siswa|NIS|NISN|No Induk|No Induk Siswa|Nomor siswa"
        "|No Siswa|Öğrenci no|Öğrenci numarası|Okul no|Okul numarası|Kayıt no|Kayıt numarası"
        "|Numer ucznia|Nr ucznia|Numer ewidencyjny|Nr ewidencyjny|Numer w księdze uczniów"
        "|Numer legitymacji|Номер ученика|Личный номер|Номер личного дела|Табельный номер"
        "|Регистрационный номер|Лицевой счёт|Лицевой счет"
    ),
    "first_name": (
        "First name|Firstname|Forename|Forenames|Given name|Given names|First names|Student first name"
        "|Pupil first name|Prénom|Prénoms|Prénom de l'élève|Prénom élève|Nombres|Primer nombre"
        "|Nombre de pila|Nome próprio|Primeiro nome|Vorname|Vornamen|Rufname|Voornaam|Voornamen"
        "|Roepnaam|Jina la kwanza|الاسم الأول|الإسم الأول|प्रथम नाम|पहला नाम|名|名字|Nama depan|Ad|Adı"
        "|İmię|Imiona|Имя"
    ),
    "last_name": (
        "Last name|Lastname|Surname|Family name|Familyname|Second name|Student last name"
        "|Student surname|Pupil surname|Nom de famille|Nom de l'élève|Nom élève|Apellido|Apellidos"
        "|Primer apellido|Sobrenome|Apelido|Apelidos|Último nome|Nachname|Familienname|Zuname|Cognome"
        "|Achternaam|Familienaam|Jina la ukoo|Jina la mwisho|Jina la familia|اسم العائلة|اللقب"
        "|الاسم الأخير|الكنية|उपनाम|कुलनाम|अंतिम नाम|姓|姓氏|Nama belakang|Nama keluarga|Soyadı|Soyad"
        "|Nazwisko|Фамилия"
    ),
    "name": (
        "Name|Full name|Fullname|Student|Student name|Name of student|Pupil|Pupil name|Learner"
        "|Learner name|Child|Child name|Child's name|Nom|Nom complet|Nom et prénom|Nom et prénoms"
        "|Nom prénom|Prénom et nom|Élève|Nombre|Nombre completo|Nombre y apellidos|Apellidos y nombres"
        "|Apellidos y nombre|Nombre del alumno|Alumno|Alumna|Estudiante|Nome|Nome completo"
        "|Nome do aluno|Aluno|Schüler|Schülerin|Schülername|Vor- und Nachname|Name, Vorname|Nominativo"
        "|Cognome e nome|Nome e cognome|Alunno|Studente|Naam|Volledige naam|Leerling|Naam leerling|Jina"
        "|Jina kamili|Jina la mwanafunzi|Mwanafunzi|الاسم|الإسم|اسم الطالب|الاسم الكامل|الاسم الثلاثي"
        "|الطالب|नाम|पूरा नाम|छात्र का नाम|छात्र|विद्यार्थी|विद्यार्थी का नाम|姓名|学生姓名|學生姓名|学生"
        "|Nama|Nama lengkap|Nama siswa|Siswa|Adı soyadı|Ad soyad|İsim|Öğrenci|Öğrenci adı"
        "|Öğrencinin adı soyadı|Imię i nazwisko|Nazwisko i imię|Uczeń|ФИО|Ф.И.О.|ФИО ученика|Ученик"
        "|Фамилия, имя|Фамилия и имя|Фамилия имя отчество"
    ),
    "class": (
        "Class|Class name|Form|Grade|Year group|Stream|Section|Standard|Std|Class/Form|Homeroom"
        "|Tutor group|Level|Form class|Classe|Niveau|Division|Groupe|Clase|Curso|Grado|Grupo"
        "|Curso y sección|Turma|Série|Ano/Turma|Klasse|Jahrgang|Klas|Groep|Leerjaar|Darasa|Kidato"
        "|Mkondo|الصف|الفصل|الشعبة|الصف الدراسي|القسم|कक्षा|वर्ग|श्रेणी|班级|班級|班|年级|年級|Kelas"
        "|Rombel|Tingkat|Sınıf|Sınıfı|Şube|Sınıf/Şube|Klasa|Oddział|Класс|Группа"
    ),
    "guardian": (
        "Guardian|Guardian name|Guardian's name|Parent|Parents|Parent name|Parent's name"
        "|Parent/Guardian|Parent or guardian|Parent/Guardian name|Parent/Carer|Carer|Responsible"
        "|Contact name|Contact person|Bill payer|Payer|Sponsor|Father|Father's name|Father name|Mother"
        "|Mother's name|Mother name|Responsable|Responsable légal|Représentant légal|Parent d'élève"
        "|Tuteur|Nom du responsable|Nom du parent|Payeur|Père|Mère|Tutor|Tutora|Tutor legal|Padre|Madre"
        "|Padre o tutor|Padre/Tutor|Padre/Madre|Apoderado|Acudiente|Representante|Encargado|Responsável"
        "|Encarregado de educação|Responsável financeiro|Nome do responsável|Pai|Mãe"
        "|Erziehungsberechtigter|Erziehungsberechtigte|Sorgeberechtigte|Sorgeberechtigter|Eltern"
        "|Elternteil|Vater|Mutter|Vormund|Genitore|Genitori|Tutore|Responsabile|Ouder|Ouders"
        "|Ouder/verzorger|Verzorger|Voogd|Mzazi|Mlezi|Mzazi/Mlezi|Jina la mzazi|Jina la mlezi"
        "|Jina la mzazi/mlezi|ولي الأمر|ولي أمر الطالب|اسم ولي الأمر|الوالد|अभिभावक|अभिभावक का नाम"
        "|पिता का नाम|माता का नाम|संरक्षक|पालक|家长|家長|家长姓名|家長姓名|监护人|監護人|监护人姓名|父亲"
        "|母亲|Wali|Nama wali|Wali murid|Orang tua|Orang tua/Wali|Nama orang tua|Nama orang tua/wali"
        "|Veli|Veli adı|Veli adı soyadı|Velisi|Velinin adı soyadı|Opiekun|Opiekunka|Opiekun prawny"
        "|Rodzic|Rodzic/Opiekun|Rodzice|Imię i nazwisko opiekuna|Родитель|Родители|Опекун"
        "|Законный представитель|ФИО родителя|Плательщик"
    ),
    "guardian_phone": (
        "Phone|Phone No|Phone number|Telephone|Telephone number|Tel|Tel No|Mobile|Mobile No"
        "|Mobile number|Cell|Cellphone|Cell phone|Contact number|Contact No|Contact phone"
        "|Guardian phone|Guardian's phone|Parent phone|Parent's phone|Parent mobile|Phone 1|WhatsApp"
        "|Téléphone|Tél|N° de téléphone|Numéro de téléphone|Téléphone du responsable|Portable|GSM"
        "|Teléfono|Teléfono móvil|Móvil|Celular|Teléfono del tutor|Número de teléfono|Telefone"
        "|Telemóvel|Telefone do responsável|Telefon|Telefonnummer|Handy|Handynummer|Mobil|Mobilnummer"
        "|Telefono|Cellulare|Numero di telefono|Telefoon|Telefoonnummer|Mobiel|Simu|Namba ya simu"
        "|Nambari ya simu|Simu ya mzazi|Simu ya mlezi|الهاتف|رقم الهاتف|الجوال|رقم الجوال"
        "|هاتف ولي الأمر|المحمول|رقم التواصل|فون|फ़ोन|फोन|फ़ोन नंबर|फोन नंबर|मोबाइल|मोबाइल नंबर|दूरभाष"
        "|संपर्क नंबर|电话|電話|电话号码|手机|手機|手机号|手机号码|联系电话|聯絡電話|家长电话|Telepon"
        "|No telepon|Nomor telepon|No HP|Nomor HP|HP|Telepon wali|Telefon no|Telefon numarası"
        "|Cep telefonu|Cep|Veli telefonu|Veli telefon|Numer telefonu|Nr telefonu|Telefon opiekuna"
        "|Komórka|Телефон|Номер телефона|Мобильный|Мобильный телефон|Телефон родителя"
    ),
    "guardian_email": (
        "Email|E-mail|Mail|Email address|E-mail address|Guardian email|Guardian's email|Parent email"
        "|Parent's email|Contact email|Courriel|Adresse e-mail|Adresse email|Adresse électronique"
        "|Adresse mail|Mél|Courriel du responsable|Correo|Correo electrónico|Correo del tutor"
        "|Dirección de correo|Correio eletrónico|Correio eletrônico|E-mail do responsável"
        "|E-Mail-Adresse|Mailadresse|Indirizzo email|Indirizzo e-mail|Posta elettronica|E-mailadres"
        "|Mailadres|Barua pepe|Barua pepe ya mzazi|البريد الإلكتروني|البريد الالكتروني|بريد ولي الأمر"
        "|الايميل|ईमेल|ई-मेल|ईमेल पता|电子邮件|電子郵件|邮箱|電郵|电邮|邮件|Surel|Alamat email|E-posta"
        "|Eposta|E-posta adresi|Veli e-posta|Adres e-mail|Poczta elektroniczna|Эл. почта"
        "|Электронная почта|Почта|Емейл|Имейл"
    ),
    "balance": (
        "Balance|Opening balance|Balance b/f|Balance b/d|Bal b/f|Balance brought forward"
        "|Balance forward|Brought forward|B/F|Outstanding|Outstanding balance|Amount outstanding"
        "|Amount owed|Owed|Owing|Amount owing|Arrears|Fee balance|Fees balance|Balance due|Fees due"
        "|Amount due|Fee arrears|Opening bal|Account balance|Solde|Solde dû|Solde initial"
        "|Solde d'ouverture|Solde à nouveau|Report à nouveau|Reste à payer|Montant dû|Reste dû|Impayés"
        "|Arriérés|Saldo|Saldo inicial|Saldo pendiente|Saldo deudor|Saldo anterior|Deuda"
        "|Importe pendiente|Adeudado|Saldo em dívida|Saldo devedor|Saldo de abertura|Dívida"
        "|Valor em dívida|Valor devido|Anfangssaldo|Eröffnungssaldo|Anfangsbestand|Offener Betrag"
        "|Rückstand|Offen|Saldovortrag|Kontostand|Saldo iniziale|Saldo di apertura|Saldo dovuto"
        "|Importo dovuto|Debito|Beginsaldo|Openingssaldo|Openstaand|Openstaand bedrag|Openstaand saldo"
        "|Verschuldigd|Salio|Baki|Salio la mwanzo|Salio la awali|Deni|Kiasi kinachodaiwa|الرصيد"
        "|الرصيد الافتتاحي|رصيد افتتاحي|المبلغ المستحق|المستحق|الرصيد المستحق|المتبقي|المتأخرات|शेष"
        "|शेष राशि|प्रारंभिक शेष|बकाया|बकाया राशि|देय राशि|余额|餘額|期初余额|期初餘額|欠费|欠費|欠款"
        "|应缴余额|未缴金额|Saldo awal|Sisa tagihan|Tunggakan|Tagihan|Sisa saldo|Bakiye|Açılış bakiyesi"
        "|Devir bakiyesi|Devreden bakiye|Kalan borç|Borç|Kalan|Saldo początkowe|Bilans otwarcia"
        "|Saldo otwarcia|Zaległość|Zaległości|Do zapłaty|Należność|Остаток|Начальный остаток"
        "|Входящий остаток|Начальное сальдо|Сальдо|Баланс|Задолженность|Долг|К оплате"
    ),
    "due_date": (
        "Due date|Due on|Payable by|Pay by|Date d'échéance|Échéance|Exigible le|Fecha de vencimiento"
        "|Vencimiento|Data de vencimento|Vencimento|Fälligkeit|Fälligkeitsdatum|Fällig am|Scadenza"
        "|Data di scadenza|Vervaldatum|Vervaldag|Tarehe ya mwisho|تاريخ الاستحقاق|देय तिथि|नियत तिथि"
        "|到期日|截止日期|Jatuh tempo|Tanggal jatuh tempo|Vade|Vade tarihi|Son ödeme tarihi"
        "|Termin płatności|Срок оплаты|Дата платежа"
    ),
    "status": (
        "Status|Student status|Enrolment status|State|Statut|Situation|Estado|Estatus|Situación"
        "|Situação|Schülerstatus|Stato|Leerlingstatus|Hali|الحالة|حالة الطالب|स्थिति|状态|狀態|学籍状态"
        "|Status siswa|Durum|Durumu|Stan|Статус|Состояние"
    ),
    "joined_on": (
        "Date joined|Joined|Joined on|Date of joining|Date of admission|Admission date|Admitted on"
        "|Date admitted|Enrolment date|Enrollment date|Enrolled on|Start date|Entry date|Date d'entrée"
        "|Date d'inscription|Date d'admission|Inscrit le|Fecha de ingreso|Fecha de inscripción"
        "|Fecha de alta|Fecha de admisión|Data de entrada|Data de matrícula|Data de ingresso"
        "|Data de admissão|Eintritt|Eintrittsdatum|Aufnahmedatum|Aufgenommen am|Data di iscrizione"
        "|Data di ingresso|Instroomdatum|Inschrijfdatum|Datum inschrijving|Tarehe ya kujiunga"
        "|Tarehe ya usajili|تاريخ القيد|تاريخ التسجيل|تاريخ الالتحاق|प्रवेश तिथि|नामांकन तिथि|入学日期"
        "|入學日期|注册日期|Tanggal masuk|Tanggal diterima|Kayıt tarihi|Giriş tarihi|Data przyjęcia"
        "|Data zapisu|Дата поступления|Дата зачисления|Дата приёма"
    ),
}

_STATUSES = {
    "enrolled": (
        "enrolled|active|current|admitted|in school|present|inscrit|inscrite|actif|présent|scolarisé"
        "|matriculado|activo|activa|inscrito|inscrita|ativo|ativa|matriculada|aktiv|eingeschrieben"
        "|angemeldet|attivo|iscritto|iscritta|actief|ingeschreven|yupo|amesajiliwa|مسجل|مقيد|نشط|منتظم"
        "|नामांकित|सक्रिय|在读|在校|在讀|aktif|terdaftar|kayıtlı|aktywny|zapisany|uczęszcza|учится"
        "|активен|зачислен"
    ),
    "applicant": (
        "applicant|applied|prospective|pending|candidate|candidat|préinscrit|préinscrite|solicitante"
        "|candidato|candidata|aspirante|postulante|bewerber|bewerberin|vorgemerkt|richiedente|aanvrager"
        "|aangemeld|mwombaji|متقدم|आवेदक|申请中|申請中|calon|pendaftar|aday|kandydat|кандидат"
        "|абитуриент"
    ),
    "left": (
        "left|withdrawn|inactive|leaver|alumni|alumnus|graduated|transferred|expelled|sorti|sortie"
        "|parti|partie|inactif|radié|radiée|diplômé|baja|retirado|retirada|inactivo|egresado|egresada"
        "|saiu|inativo|transferido|transferida|desistente|abgegangen|abgemeldet|inaktiv|ausgetreten"
        "|ritirato|ritirata|uscito|vertrokken|uitgeschreven|ameondoka|amehama|منسحب|غادر|منقول|متخرج"
        "|छोड़ दिया|निष्क्रिय|离校|離校|毕业|畢業|退学|退學|keluar|lulus|pindah|ayrıldı|mezun|pasif"
        "|odszedł|odeszła|skreślony|absolwent|выбыл|выбыла|отчислен|выпускник"
    ),
}
STATUS_WORDS = {fold(word): status for status, words in _STATUSES.items() for word in words.split("|")}
