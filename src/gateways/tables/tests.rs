use super::*;
use encoding_rs::WINDOWS_1251;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

type Read1 = (u64, Vec<String>);

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

fn open(bytes: &[u8]) -> Result<Table, TableError> {
    Table::open(file(bytes).path())
}

fn good(table: Table) -> Vec<Read1> {
    table
        .map(|row| row.unwrap())
        .map(|row| (row.line(), row.cells().map(str::to_owned).collect()))
        .collect()
}

fn row(line: u64, cells: &[&str]) -> Read1 {
    (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn lines_are_counted_through_quotes_blank_lines_and_both_line_ends() {
    let text = "a;b\r\n\r\n1;\"x\r\ny\"\r\n;\r\n2;\"say \"\"hi\"\"\"\r\n\n3;z";
    let table = open(text.as_bytes()).unwrap();
    assert_eq!(table.columns(), ["a", "b"]);
    let expected = [row(3, &["1", "x\r\ny"]), row(6, &["2", "say \"hi\""]), row(8, &["3", "z"])];
    assert_eq!(good(table), expected);
}

#[test]
fn encodings_and_gzip_are_found() {
    let text = "Фамилия;Сумма\nИванов;1 000,50\n";
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&WINDOWS_1251.encode(text).0).unwrap();
    let files: [(Vec<u8>, Encoding); 4] = [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (format!("\u{feff}{text}").into_bytes(), Encoding::Utf8),
        (WINDOWS_1251.encode(text).0.to_vec(), Encoding::Windows1251),
        (gz.finish().unwrap(), Encoding::Windows1251),
    ];
    for (bytes, expected) in files {
        let table = open(&bytes).unwrap();
        let gzipped = bytes[0] == 0x1f;
        assert_eq!(table.format(), Format::Csv { delimiter: ';', encoding: expected, gzipped });
        assert_eq!(table.columns(), ["Фамилия", "Сумма"]);
        assert_eq!(good(table), [row(2, &["Иванов", "1 000,50"])]);
    }
}

#[test]
fn the_encoding_is_found_behind_much_ascii() {
    let mut text = "a,b\n".to_owned();
    for at in 0..40_000 {
        text.push_str(&format!("{at},plain\n"));
    }
    text.push_str("x,Ёлкин\n");
    let table = open(&WINDOWS_1251.encode(&text).0).unwrap();
    assert_eq!(good(table).last().unwrap(), &row(40_002, &["x", "Ёлкин"]));
}

#[test]
fn bad_rows_are_reported_by_line_and_reading_goes_on() {
    let mut bytes = "a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n".as_bytes().to_vec();
    bytes.extend_from_slice("и,й,".as_bytes());
    bytes.extend_from_slice(b"\xff\n7,8,9\n");
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for read in open(&bytes).unwrap() {
        match read {
            Ok(row) => rows.push(row.line()),
            Err(fault) => faults.push((fault.row_line().unwrap(), fault.code())),
        }
    }
    // An invalid byte after valid UTF-8 Cyrillic reads as windows-1251 only when nothing else
    // speaks for UTF-8; here the guess is windows-1251, so the row is text.
    assert_eq!(faults, [(2, "ragged_row"), (3, "ragged_row")]);
    assert_eq!(rows, [4, 5, 6]);
}

#[test]
fn a_wrong_byte_far_into_a_utf8_file_is_a_fault_of_its_row() {
    let mut bytes = "имя,город\n".as_bytes().to_vec();
    for _ in 0..20_000 {
        bytes.extend_from_slice("Анна,Пермь\n".as_bytes());
    }
    bytes.extend_from_slice(b"\xc0\xed\xed\xe0,x\nq,w\n");
    let mut table = open(&bytes).unwrap();
    let fault = table.by_ref().find_map(Result::err).unwrap();
    assert_eq!((fault.row_line(), fault.code()), (Some(20_002), "wrong_encoding"));
    assert_eq!(table.next().unwrap().unwrap().line(), 20_003);
}

#[test]
fn a_quote_that_is_never_closed_does_not_eat_the_memory() {
    let mut bytes = b"a,b\n1,\"open\n".to_vec();
    for _ in 0..300_000 {
        bytes.extend_from_slice(b"11111,2\n");
    }
    let mut table = open(&bytes).unwrap();
    assert!(matches!(table.next(), Some(Err(TableError::RowTooLong { line: 2 }))));
    assert!(table.next().is_none());
}

#[test]
fn what_is_no_table_is_refused_with_advice() {
    let rows: [(&[u8], &str); 6] = [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"a,b,a\n1,2,3\n", "repeated_column"),
        (b"\xd0\xcf\x11\xe0xxxx", "unsupported_file"),
        (b"\xff\xfea\0", "unsupported_file"),
        (b"PK\x03\x04 not a workbook", "unsupported_file"),
    ];
    for (bytes, code) in rows {
        assert_eq!(open(bytes).unwrap_err().code(), code, "{bytes:?}");
    }
    let missing = Table::open(Path::new("no/such/file.csv")).unwrap_err();
    assert_eq!(missing.code(), "unreadable_file");
}

#[test]
fn the_meter_reaches_the_end() {
    let table = open(b"a,b\n1,2\n").unwrap();
    let meter = table.meter();
    assert_eq!(good(table).len(), 1);
    assert_eq!((meter.read(), meter.total()), (8, 8));
}

fn workbook(sheet: &str) -> Vec<u8> {
    let parts = [
        (
            "[Content_Types].xml",
            "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>",
        ),
        (
            "_rels/.rels",
            "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        ),
        (
            "xl/workbook.xml",
            "<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
        (
            "xl/styles.xml",
            "<?xml version=\"1.0\"?><styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn the_first_sheet_of_a_workbook_is_read() {
    let text =
        |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let sheet = format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:D5\"/><sheetData>\
         <row r=\"1\">{}{}{}{}</row>\
         <row r=\"2\">{}<c r=\"B2\"><v>500100732259</v></c><c r=\"C2\" s=\"1\"><v>46033</v></c><c r=\"D2\"><v>9455.96</v></c></row>\
         <row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t> </t></is></c></row>\
         <row r=\"5\"><c r=\"C5\" t=\"b\"><v>1</v></c></row>\
         </sheetData></worksheet>",
        text("A1", "Имя"),
        text("B1", "ИНН"),
        text("C1", "Дата"),
        text("D1", "Сумма"),
        text("A2", "Анна"),
    );
    let table = open(&workbook(&sheet)).unwrap();
    assert_eq!(table.format(), Format::Xlsx);
    assert_eq!(table.columns(), ["Имя", "ИНН", "Дата", "Сумма"]);
    let meter = table.meter();
    let expected =
        [row(2, &["Анна", "500100732259", "2026-01-11", "9455.96"]), row(5, &["", "", "true", ""])];
    assert_eq!(good(table), expected);
    assert_eq!((meter.read(), meter.total()), (5, 5));
}

#[test]
fn failed_formulas_and_lost_digits_are_faults_of_their_row() {
    let head = "<c r=\"A1\" t=\"inlineStr\"><is><t>A</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>B</t></is></c>";
    let sheet = format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:B6\"/><sheetData>\
         <row r=\"1\">{head}</row>\
         <row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\"><f>1+2</f><v>3</v></c></row>\
         <row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c></row>\
         <row r=\"4\"><c r=\"A4\"><v>3</v></c><c r=\"B4\"><v>4.2301810500000002E+19</v></c></row>\
         <row r=\"5\"><c r=\"A5\"><v>4</v></c><c r=\"B5\"><f>TODAY()</f></c></row>\
         <row r=\"6\"><c r=\"A6\"><v>5</v></c><c r=\"B6\"><v>999999999999999</v></c></row>\
         </sheetData></worksheet>"
    );
    let read: Vec<String> = open(&workbook(&sheet))
        .unwrap()
        .map(|row| match row {
            Ok(row) => format!("{}: {}", row.line(), row.cells().collect::<Vec<_>>().join("|")),
            Err(error) => format!("{:?} {} {error}", error.row_line(), error.code()),
        })
        .collect();
    assert_eq!(read[0], "2: 1|3", "what a formula came to");
    assert!(read[1].starts_with("Some(3) error_cell line 3: the formula in column 2"), "{read:?}");
    assert!(read[2].starts_with("Some(4) lost_digits line 4: the number in column 2"), "{read:?}");
    assert_eq!(read[3..], ["5: 4|", "6: 5|999999999999999"]);
}

/// The sample sets stand beside the project, not in it.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !found.exists() {
        eprintln!("left out: the sample set {path} is not beside the project");
        return None;
    }
    Some(found)
}

#[test]
fn real_files_are_read_whole() {
    let files = [
        ("berka/client.asc", 3, 5_369, 0),
        ("berka/client_iso.csv", 4, 5_369, 0),
        ("berka/loan.asc", 7, 682, 0),
        ("berka/order.asc", 6, 6_471, 0),
        ("berka/trans_head_49102.asc.gz", 10, 49_102, 0),
        ("lendingclub/loans_full_schema.csv.gz", 55, 10_000, 0),
        ("ru/egrul_orgs.csv", 12, 149, 0),
        ("ru/rossvyaz_DEF-9xx_2026.csv.gz", 8, 16_629, 0),
    ];
    for (path, columns, rows, faults) in files {
        let Some(path) = shared(path) else { continue };
        let table = Table::open(&path).unwrap();
        assert_eq!(table.columns().len(), columns, "{path:?}");
        let (good, bad): (Vec<_>, Vec<_>) = table.partition(Result::is_ok);
        assert_eq!((good.len(), bad.len()), (rows, faults), "{path:?}");
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_a_spreadsheet_writes_is_read_as_it_was(
            rows in proptest::collection::vec(
                proptest::collection::vec("[А-Яа-яa-z0-9 ,;|\t\"\n№.-]{0,12}", 3), 0..30),
            delimiter in proptest::sample::select(vec![b';', b',', b'\t', b'|']),
            windows in any::<bool>(),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(["key", "name", "value"]).unwrap();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let bytes = if windows { WINDOWS_1251.encode(&text).0.to_vec() } else { text.into_bytes() };
            let table = open(&bytes).unwrap();
            prop_assert_eq!(table.columns(), ["key", "name", "value"]);
            let read: Vec<Vec<String>> = good(table).into_iter().map(|(_, cells)| cells).collect();
            let blank = |row: &&Vec<String>| row.iter().any(|cell| !cell.trim().is_empty());
            let kept: Vec<Vec<String>> = rows.iter().filter(blank).cloned().collect();
            prop_assert_eq!(read, kept);
        }

        #[test]
        fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(table) = open(&bytes) {
                let columns = table.columns().len();
                for row in table.flatten() {
                    prop_assert_eq!(row.len(), columns);
                }
            }
        }
    }
}
