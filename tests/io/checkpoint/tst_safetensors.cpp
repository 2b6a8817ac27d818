// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/safetensors.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <cstring>
#include <fstream>

using namespace expertscope;
namespace fs = std::filesystem;

namespace {

/// Length word, header, data.
std::string fileBytes(const std::string& header, const std::string& data)
{
    std::string bytes(8, '\0');
    const std::uint64_t n = header.size();
    std::memcpy(bytes.data(), &n, 8);
    return bytes + header + data;
}

void writeFile(const fs::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets)
{
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

}

class TestSafetensors : public QObject
{
    Q_OBJECT

private slots:
    void reads();
    void readsEveryDtype_data();
    void readsEveryDtype();
    void edgesOfTheFormat();
    void fileThatShrinks();
    void refusesHeader_data();
    void refusesHeader();
    void acceptsHeader();
    void refusesFile_data();
    void refusesFile();
    void truncations();

private:
    QTemporaryDir m_folder;
    fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
};

void TestSafetensors::reads()
{
    const float values[] = {1.5f, -2.0f, 0.25f};
    std::string data(reinterpret_cast<const char*>(values), sizeof values);
    data += std::string("\x07\x00\xff\xff", 4);
    const auto header = R"({"__metadata__":{"format":"pt","a":"ü"},"w":)" + entry("F32", "[1,3]", "[0,12]")
        + R"(,"ids":)" + entry("U16", "[2]", "[12,16]") + "}   ";
    writeFile(path("ok.safetensors"), fileBytes(header, data));
    const auto file = SafetensorsFile::open(path("ok.safetensors"));
    VERIFY_OK(file);
    QCOMPARE(file->entries().size(), std::size_t{2});
    QCOMPARE(file->metadata().size(), std::size_t{2});
    QCOMPARE(file->metadata()[1].second, std::string("pt"));
    const auto* w = file->find("w");
    QVERIFY(w);
    QCOMPARE(w->shape, (std::vector<std::int64_t>{1, 3}));
    QCOMPARE(w->offset, 8 + header.size());
    QVERIFY(!file->find("x"));
    const auto floats = file->values<float>("w");
    VERIFY_OK(floats);
    QCOMPARE(*floats, (std::vector<float>{1.5f, -2.0f, 0.25f}));
    QCOMPARE(*file->values<std::uint16_t>("ids"), (std::vector<std::uint16_t>{7, 65535}));
    QVERIFY(!file->values<float>("ids"));
    QVERIFY(!file->values<float>("nothing"));
    QVERIFY(!file->values<float>("w", 8));

    std::array<std::byte, 4> part;
    QVERIFY(file->read(*w, 4, part));
    float second = 0;
    std::memcpy(&second, part.data(), 4);
    QCOMPARE(second, -2.0f);
    QVERIFY(!file->read(*w, 9, part)); // its last byte would belong to "ids"
    QVERIFY(!file->read(*w, ~0ull, part));
    // sha256sum of the length word and the header
    Q_ASSERT(file->headerHash().size() == 64);
    QCOMPARE(QByteArray::fromStdString(file->headerHash()),
        QCryptographicHash::hash(QByteArray::fromStdString(fileBytes(header, "")), QCryptographicHash::Sha256).toHex());
}

void TestSafetensors::readsEveryDtype_data()
{
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<int>("bits");
    const std::pair<const char*, int> kTypes[] = {{"BOOL", 8}, {"U8", 8}, {"I8", 8}, {"I16", 16}, {"U16", 16},
        {"I32", 32}, {"U32", 32}, {"I64", 64}, {"U64", 64}, {"F16", 16}, {"BF16", 16}, {"F32", 32}, {"F64", 64},
        {"C64", 64}, {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E8M0", 8},
        {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}};
    for (const auto& [name, bits] : kTypes)
        QTest::newRow(name) << name << bits;
}

void TestSafetensors::readsEveryDtype()
{
    QFETCH(QString, dtype);
    QFETCH(int, bits);
    const auto bytes = static_cast<std::uint64_t>(4 * bits / 8);
    const auto range = [](std::uint64_t end) { return "[0," + std::to_string(end) + "]"; };
    const auto type = dtype.toStdString();
    QVERIFY(parseSafetensorsHeader("{\"t\":" + entry(type, "[4]", range(bytes)) + "}", 8, bytes, "f"));
    const auto wrong =
        parseSafetensorsHeader("{\"t\":" + entry(type, "[4]", range(bytes + 1)) + "}", 8, bytes + 1, "f");
    QVERIFY(!wrong);
    QVERIFY2(wrong.error().what.find("disagree") != std::string::npos, wrong.error().message().c_str());
}

void TestSafetensors::edgesOfTheFormat()
{
    // a scalar, tensors without elements between others and at the end, order in the header not that in the file
    const auto header = "{\"z\":" + entry("F32", "[]", "[0,4]") + ",\"a\":" + entry("U8", "[2]", "[4,6]")
        + ",\"e\":" + entry("F32", "[0,7]", "[4,4]") + ",\"f\":" + entry("F64", "[3,0]", "[6,6]") + "}";
    const auto parsed = parseSafetensorsHeader(header, 100, 6, "f");
    VERIFY_OK(parsed);
    QCOMPARE(parsed->entries.front().name, std::string("a"));
    QCOMPARE(parsed->entries.front().offset, std::uint64_t{104});
    QVERIFY(parseSafetensorsHeader("{}", 8, 0, "f"));
    // a name may be empty, long, or look like anything
    QVERIFY(parseSafetensorsHeader("{\"\":" + entry("U8", "[1]", "[0,1]") + "}", 8, 1, "f"));
    QVERIFY(parseSafetensorsHeader(
        "{\"" + std::string(100000, 'n') + "\":" + entry("U8", "[1]", "[0,1]") + "}", 8, 1, "f"));
}

void TestSafetensors::fileThatShrinks()
{
    const auto name = path("shrinks.safetensors");
    writeFile(name, fileBytes("{\"t\":" + entry("U8", "[100000]", "[0,100000]") + "}", std::string(100000, 'x')));
    const auto file = SafetensorsFile::open(name);
    VERIFY_OK(file);
    fs::resize_file(name, 50000);
    std::vector<std::byte> bytes(100000);
    const auto done = file->read(*file->find("t"), 0, bytes);
    QVERIFY(!done);
    QVERIFY(done.error().where.find("shrinks.safetensors") != std::string::npos);
    QVERIFY2(done.error().what.find("ends at byte 50000") != std::string::npos, done.error().message().c_str());
}

void TestSafetensors::refusesHeader_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<qulonglong>("dataBytes");
    QTest::addColumn<QString>("what");
    const auto row = [](const char* name, const std::string& header, qulonglong bytes, const char* what) {
        QTest::newRow(name) << QByteArray::fromStdString(header) << bytes << what;
    };
    const auto one = [](const std::string& e) { return "{\"t\":" + e + "}"; };
    row("empty", "", 0, "does not start with '{'");
    row("space alone", "   ", 0, "does not start with '{'");
    row("array", "[]", 0, "does not start with '{'");
    row("cut", "{\"t\":", 0, "not valid JSON");
    row("garbage after", "{} {}", 0, "not valid JSON");
    row("padded with zeros", std::string("{}\0\0", 4), 0, "not valid JSON");
    row("invalid UTF-8", "{\"\xff\xfe\":1}", 0, "not valid JSON");
    row("overlong UTF-8", "{\"\xc0\xaf\":1}", 0, "not valid JSON");
    row("lone surrogate", "{\"\\ud800\":1}", 0, "not valid JSON");
    row("NaN", "{\"t\":NaN}", 0, "not valid JSON");
    row("same tensor twice", "{\"t\":" + entry("U8", "[1]", "[0,1]") + ",\"t\":" + entry("U8", "[1]", "[1,2]") + "}", 2,
        "key 't' appears twice");
    row("same tensor twice, spelt with an escape",
        "{\"t\":" + entry("U8", "[1]", "[0,1]") + ",\"\\u0074\":" + entry("U8", "[1]", "[1,2]") + "}", 2,
        "key 't' appears twice");
    row("same key twice in an entry", R"({"t":{"dtype":"U8","shape":[1],"shape":[2],"data_offsets":[0,1]}})", 1,
        "key 'shape' appears twice");
    row("metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "appears twice");
    row("metadata not an object", R"({"__metadata__":[]})", 0, "is an array, not an object");
    row("metadata not strings", R"({"__metadata__":{"a":1}})", 0, "'a' is an integer, not a string");
    row("entry not an object", one("1"), 0, "its entry is an integer");
    row("no dtype", one(R"({"shape":[1],"data_offsets":[0,1]})"), 1, "lacks one of");
    row("no shape", one(R"({"dtype":"U8","data_offsets":[0,1]})"), 1, "lacks one of");
    row("no offsets", one(R"({"dtype":"U8","shape":[1]})"), 1, "lacks one of");
    row("foreign key", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0})"), 1, "keys beside");
    row("dtype a number", one(R"({"dtype":8,"shape":[1],"data_offsets":[0,1]})"), 1, "dtype is an integer");
    row("dtype unknown", one(entry("F12", "[1]", "[0,1]")), 1, "unknown dtype 'F12'");
    row("dtype lower case", one(entry("f32", "[1]", "[0,4]")), 4, "unknown dtype 'f32'");
    row("shape a number", one(entry("U8", "1", "[0,1]")), 1, "shape is an integer");
    row("shape negative", one(entry("U8", "[-1]", "[0,1]")), 1, "sizes that fit 63 bits");
    row("shape a float", one(entry("U8", "[1.0]", "[0,1]")), 1, "sizes that fit 63 bits");
    row("shape of strings", one(entry("U8", "[\"1\"]", "[0,1]")), 1, "sizes that fit 63 bits");
    row("shape above 63 bits", one(entry("U8", "[9223372036854775808]", "[0,1]")), 1, "sizes that fit 63 bits");
    row("shape above 64 bits", one(entry("U8", "[99999999999999999999999]", "[0,1]")), 1, "sizes that fit 63 bits");
    row("shape of nine", one(entry("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]")), 1, "9 dimensions");
    row("product overflows to 4", one(entry("U8", "[4611686018427387905,4]", "[0,4]")), 4, "more elements than");
    row("product overflows to 0", one(entry("U8", "[4294967296,4294967296]", "[0,0]")), 0, "more elements than");
    row("bits overflow", one(entry("F64", "[2305843009213693952]", "[0,0]")), 0, "more elements than");
    row("zero hides overflow", one(entry("U8", "[4294967296,4294967296,0]", "[0,0]")), 0, "more elements than");
    row("half a byte", one(entry("F4", "[3]", "[0,2]")), 2, "does not end on a byte");
    row("offsets not a pair", one(entry("U8", "[1]", "[0]")), 1, "not a pair");
    row("offsets three", one(entry("U8", "[1]", "[0,1,2]")), 1, "not a pair");
    row("offsets negative", one(entry("U8", "[1]", "[-1,0]")), 1, "two non-negative integers");
    row("offsets float", one(entry("U8", "[1]", "[0.0,1.0]")), 1, "two non-negative integers");
    row("offsets huge", one(entry("U8", "[1]", "[18446744073709551615,18446744073709551616]")), 1,
        "two non-negative integers");
    row("offsets backwards", one(entry("U8", "[1]", "[1,0]")), 1, "run backwards");
    row("offsets past the end", one(entry("U8", "[2]", "[0,2]")), 1, "the file holds 1 bytes");
    row("offsets far past the end", one(entry("U8", "[1]", "[18446744073709551614,18446744073709551615]")), 1,
        "the file holds");
    row("too few bytes", one(entry("F32", "[2]", "[0,4]")), 4, "shape and byte range disagree");
    row("too many bytes", one(entry("F32", "[1]", "[0,8]")), 8, "shape and byte range disagree");
    row("gap at the start", one(entry("U8", "[1]", "[1,2]")), 2, "leaves a gap");
    row("gap between", "{\"a\":" + entry("U8", "[1]", "[0,1]") + ",\"b\":" + entry("U8", "[1]", "[2,3]") + "}", 3,
        "leaves a gap");
    row("overlap", "{\"a\":" + entry("U8", "[2]", "[0,2]") + ",\"b\":" + entry("U8", "[2]", "[1,3]") + "}", 3,
        "overlaps");
    row("shared bytes", "{\"a\":" + entry("U8", "[2]", "[0,2]") + ",\"b\":" + entry("U8", "[2]", "[0,2]") + "}", 2,
        "overlaps");
    row("empty tensor inside another",
        "{\"a\":" + entry("U8", "[2]", "[0,2]") + ",\"b\":" + entry("U8", "[0]", "[1,1]") + "}", 2, "overlaps");
    row("bytes left over", one(entry("U8", "[1]", "[0,1]")), 2, "1 bytes at the end belong to no tensor");
    row("no tensor for the bytes", "{}", 5, "5 bytes at the end");
    row("nested deep", "{\"t\":" + std::string(10000, '[') + std::string(10000, ']') + "}", 0, "nested deeper");
}

void TestSafetensors::refusesHeader()
{
    QFETCH(QByteArray, header);
    QFETCH(qulonglong, dataBytes);
    QFETCH(QString, what);
    const auto parsed = parseSafetensorsHeader(header.toStdString(), 8 + header.size(), dataBytes, "some.safetensors");
    QVERIFY(!parsed);
    const auto message = parsed.error().message();
    QVERIFY2(QString::fromStdString(parsed.error().what).contains(what), message.c_str());
    QVERIFY2(parsed.error().where.starts_with("some.safetensors"), message.c_str());
    QVERIFY2(message.find('\n') == std::string::npos && message.size() < 1000, message.c_str());
    const auto name = QTest::currentDataTag();
    if (std::strstr(name, "shape") || std::strstr(name, "offsets") || std::strstr(name, "dtype"))
        QVERIFY2(message.find("tensor 't'") != std::string::npos, message.c_str());
}

/// As the reference reads them: null is no metadata, white space before the header is none of its business.
void TestSafetensors::acceptsHeader()
{
    for (const char* header :
        {R"({"__metadata__":null})", " \n{}", R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}} )"}) {
        const auto parsed = parseSafetensorsHeader(header, 8 + std::strlen(header), 0, "some.safetensors");
        VERIFY_OK(parsed);
        QVERIFY(parsed->metadata.empty());
    }
}

void TestSafetensors::refusesFile_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("what");
    const auto word = [](std::uint64_t n) { return QByteArray(reinterpret_cast<const char*>(&n), 8); };
    QTest::newRow("empty") << QByteArray() << "has 0 bytes";
    QTest::newRow("seven bytes") << QByteArray(7, 'x') << "has 7 bytes";
    QTest::newRow("header longer than the file") << word(3) + "{}"
                                                 << "the whole file has 10";
    QTest::newRow("header of 2^64 - 1") << word(~0ull) + "{}"
                                        << "more than the format's";
    QTest::newRow("header of 2^63") << word(1ull << 63) + "{}"
                                    << "more than the format's";
    QTest::newRow("header above the limit") << word(100'000'001) + "{}"
                                            << "more than the format's";
    QTest::newRow("header of none") << word(0) << "does not start with '{'";
    QTest::newRow("a pickle") << QByteArray("PK\x03\x04\0\0\0\0\0\0\0\0", 12) << "says its header has";
    QTest::newRow("git-lfs pointer") << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:0")
                                     << "is a Git LFS pointer";
}

void TestSafetensors::refusesFile()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, what);
    writeFile(path("bad.safetensors"), bytes.toStdString());
    const auto file = SafetensorsFile::open(path("bad.safetensors"));
    QVERIFY(!file);
    QVERIFY2(QString::fromStdString(file.error().what).contains(what), file.error().message().c_str());
    QVERIFY(file.error().where.find("bad.safetensors") != std::string::npos);
    QVERIFY(!SafetensorsFile::open(path("no such file")));
    QVERIFY(!SafetensorsFile::open(m_folder.path().toStdString())); // a folder
}

/// A real file cut anywhere is refused, whether the cut lies in the length word, the header or the data.
void TestSafetensors::truncations()
{
    std::ifstream in(EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain/model.safetensors", std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    QVERIFY(whole.size() > 1000);
    int tried = 0;
    for (std::size_t n = 0; n < whole.size(); n += 1 + n / 40) {
        writeFile(path("cut.safetensors"), whole.substr(0, n));
        QVERIFY2(!SafetensorsFile::open(path("cut.safetensors")), std::to_string(n).c_str());
        ++tried;
    }
    QVERIFY(tried > 100);
    writeFile(path("cut.safetensors"), whole + "x");
    QVERIFY(!SafetensorsFile::open(path("cut.safetensors")));
    writeFile(path("cut.safetensors"), whole);
    QVERIFY(SafetensorsFile::open(path("cut.safetensors")));
}

EXPERTSCOPE_TEST(TestSafetensors)
#include "tst_safetensors.moc"
