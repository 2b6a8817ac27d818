// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results as files: what is written is read back to the bit, and nothing that a file says can do harm.
#include "analysis/results/csv_writer.h"
#include "analysis/results/hdf5_reader.h"
#include "analysis/results/hdf5_writer.h"
#include "analysis/results/result_kinds.h"
#include "analysis/results/json_reader.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
#include "analysis/results/result_document.h"
#include "analysis/results/result_files.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <hdf5.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <limits>
#include <sstream>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Every field in all its states; texts that need escapes.
static ResultDocument sampleDocument()
{
    ResultDocument document;
    document.origin.traces = {{{"path", "a \"b\".h5"}, {"uuid", "1"}}, {{"path", "日本語\n.h5"}}};
    document.origin.tool = {{"name", "test"}, {"version", "0"}};
    document.origin.options = {{"metrics", "srp:m=16"}, {"by", ""}};
    ResultRow row;
    row.metric = "srp.value";
    row.params = {{"m", 16.0}, {"ids", std::string("next")}};
    row.site = SiteIndex(3);
    row.expert = ExpertIndex(5);
    row.label = {"domain", "code, \"x\"\n& 100 %_"};
    row.other = {{"with", "7"}, {"experts", "3 17 5"}};
    row.value = 0.1 + 0.2;
    row.n = 12345;
    row.uniform = 1.0 / 3;
    row.interval = {-0.1, 1e-300};
    document.results.rows.push_back(row);
    ResultRow undefined;
    undefined.metric = "srp.rho_hat";
    undefined.undefined = "never chosen";
    undefined.unit = "nats";
    document.results.rows.push_back(undefined);
    for (std::uint16_t site = 0; site < 3; ++site) {
        ResultRow plain;
        plain.metric = "balance.cv";
        plain.site = SiteIndex(site);
        plain.value = site * 1e18;
        plain.n = std::numeric_limits<std::uint64_t>::max();
        document.results.rows.push_back(plain);
        ResultMatrix matrix;
        matrix.metric = site == 1 ? "affinity.set" : "affinity.top1";
        matrix.params = {{"distance", 1.0}};
        matrix.site = SiteIndex(site);
        matrix.other = {{"to_site", std::to_string(site + 1)}};
        matrix.axes = {expertAxis("expert", 2), {"to/expert", {"a", "ü", "c"}}};
        matrix.values = {0, 0.5, kNaN, 1, 2.0 / 3, double(site)};
        matrix.n = 7;
        matrix.uniform = site ? std::optional(0.5) : std::nullopt;
        document.results.matrices.push_back(matrix);
    }
    ResultMatrix line; // one axis, a name that is a column of the file too, a label
    line.metric = "spread.by_position";
    line.label = {"domain", "日本語"};
    line.axes = {{"n", {"0-31"}}};
    line.values = {-1.5};
    line.unit = "tokens";
    document.results.matrices.push_back(line);
    return document;
}

static bool same(const ResultDocument& a, const ResultDocument& b)
{
    const auto sameRow = [](const ResultRow& x, const ResultRow& y) { return x.interval == y.interval; };
    const auto sameAxes = [](const ResultMatrix& x, const ResultMatrix& y) {
        return x.unit == y.unit && x.uniform == y.uniform
            && std::ranges::equal(
                x.axes, y.axes, [](const auto& p, const auto& q) { return p.name == q.name && p.keys == q.keys; })
            && std::ranges::equal(
                x.values, y.values, [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); });
    };
    const auto withoutValues = [](ResultDocument d) {
        for (ResultMatrix& matrix : d.results.matrices)
            matrix.values.clear(); // NaN has many bit patterns
        return d.results;
    };
    return a.origin == b.origin && identical(withoutValues(a), withoutValues(b))
        && std::ranges::equal(a.results.rows, b.results.rows, sameRow)
        && std::ranges::equal(a.results.matrices, b.results.matrices, sameAxes);
}

static std::string jsonOf(const ResultDocument& document)
{
    std::ostringstream out;
    writeResultsJson(out, document);
    return std::move(out).str();
}

class TestResults : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path at(const char* name) const { return m_folder.filePath(name).toStdString(); }
    QByteArray written(const ResultDocument& document, const char* name)
    {
        const auto status = writeResultsHdf5({at(name), hdf5Kind(), {}, false}, document);
        if (!status)
            qWarning("%s", status.error().message().c_str());
        QFile file(m_folder.filePath(name));
        return status && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    /// Beside every site the layer it is in, in all files; it is no part of the key, and readers do without.
    void layersStandBesideSites()
    {
        ResultDocument document = sampleDocument();
        for (const auto& [site, layer] : {std::pair(0, 3), {1, 4}, {2, 4}, {3, 61}})
            document.origin.layers[SiteIndex(std::uint16_t(site))] = std::uint16_t(layer);
        const std::string json = jsonOf(document);
        for (const char* text : {"\"site\": 3, \"layer\": 61, \"expert\": 5", "\"site\": null, \"layer\": null, \"expert\"",
                 "\"site\": 1, \"layer\": 4, \"expert\": null", "\"site\": 0, \"layer\": 3, \"label\": null, \"other\": {\"to_site\": \"1\"}, \"to_layer\": 4, \"axes\"",
                 "\"other\": {\"to_site\": \"3\"}, \"to_layer\": 61"})
            QVERIFY2(json.find(text) != std::string::npos, text);
        std::ostringstream csv;
        writeResultsCsv(csv, document);
        for (const char* text : {"\nmetric,params,site,layer,expert,", "\nsrp.value,ids=next;m=16,3,61,5,", "\nsrp.rho_hat,,,,,",
                 "\nbalance.cv,,2,4,,"})
            QVERIFY2(csv.str().find(text) != std::string::npos, csv.str().c_str());
        QVERIFY(!written(document, "layers.h5").isEmpty());
        const hid_t file = H5Fopen(at("layers.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
        QVERIFY(file >= 0);
        for (const auto& [path, layers] : {std::pair("rows/layer", std::vector<int>{61, -1, 3, 4, 4}),
                 std::pair("rows/to_layer", std::vector<int>{-1, -1, -1, -1, -1}),
                 std::pair("matrices/affinity.top1/layer", std::vector<int>{3, 4}),
                 std::pair("matrices/affinity.top1/to_layer", std::vector<int>{4, 61})}) {
            std::vector<int> found(layers.size());
            const hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
            QVERIFY2(dataset >= 0, path);
            QVERIFY(H5Dread(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, found.data()) >= 0);
            QVERIFY2(found == layers, path);
            H5Dclose(dataset);
        }
        H5Fclose(file);
        for (const auto& read : {readResultsJson(json, "x"), readResultsHdf5(at("layers.h5"))}) {
            VERIFY_OK(read);
            QVERIFY(same(*read, document));
        }
        // A pair alone: its second site is known from it.
        ResultDocument pair;
        ResultRow& row = pair.results.rows.emplace_back();
        row.metric = "affinity.mutual_information";
        row.site = SiteIndex(0);
        row.other = {{"to_site", "2"}};
        row.value = 0.25;
        pair.origin.layers = {{SiteIndex(0), 3}, {SiteIndex(2), 61}};
        std::ostringstream pairCsv;
        writeResultsCsv(pairCsv, pair);
        QVERIFY2(pairCsv.str().find(",label_value,other,to_layer,value,") != std::string::npos
                && pairCsv.str().find("\naffinity.mutual_information,,0,3,,,,to_site=2,61,0.25,") != std::string::npos,
            pairCsv.str().c_str());
        QVERIFY(!written(pair, "pair.h5").isEmpty());
        for (const auto& read : {readResultsJson(jsonOf(pair), "x"), readResultsHdf5(at("pair.h5"))}) {
            VERIFY_OK(read);
            QVERIFY(same(*read, pair));
        }
        document.origin.layers.erase(SiteIndex(3)); // not known
        QVERIFY(jsonOf(document).find("\"site\": 3, \"layer\": null") != std::string::npos);
    }

    void jsonReadsBack()
    {
        const ResultDocument document = sampleDocument();
        const std::string text = jsonOf(document);
        const auto read = readResultsJson(text, "x.json");
        VERIFY_OK(read);
        QVERIFY(same(*read, document));
        QCOMPARE(jsonOf(*read), text);
        // One trace is an object, not a list of one.
        ResultDocument one = document;
        one.origin.traces.pop_back();
        QVERIFY(jsonOf(one).find("\"trace\": {\"path\": \"a \\\"b\\\".h5\"") != std::string::npos);
        QVERIFY(same(*readResultsJson(jsonOf(one), ""), one));
        QVERIFY(same(*readResultsJson(jsonOf({}), ""), {}));
        // Integers are written as such.
        QVERIFY(text.find("{\"ids\": \"next\", \"m\": 16}") != std::string::npos);
    }

    void hdf5ReadsBack()
    {
        const ResultDocument document = sampleDocument();
        QVERIFY(!written(document, "r.h5").isEmpty());
        QVERIFY(!QFile::exists(m_folder.filePath("r.h5.part")));
        const auto read = readResultsHdf5(at("r.h5"));
        VERIFY_OK(read);
        QVERIFY(same(*read, document));
        QCOMPARE(jsonOf(*read), jsonOf(document));
        QVERIFY(!written({}, "empty.h5").isEmpty());
        const auto empty = readResults(at("empty.h5"));
        QVERIFY(empty && same(*empty, {}));
        const auto unwritable = writeResultsHdf5({at("missing") / "r.h5", hdf5Kind(), {}, false}, document);
        QVERIFY(!unwritable);
    }

    void manyRowsAndMatrices()
    {
        // Chunked columns, several pieces of texts, matrices larger than a chunk.
        ResultDocument document;
        for (int i = 0; i < 20'000; ++i) {
            ResultRow row;
            row.metric = "m." + std::to_string(i % 3);
            row.other = {{"token", std::to_string(i)}};
            row.value = 1.0 / (i + 1);
            document.results.rows.push_back(row);
        }
        ResultMatrix matrix;
        matrix.metric = "m.big";
        matrix.axes = {expertAxis("a", 3), expertAxis("b", 1500), expertAxis("c", 400)};
        for (int i = 0; i < 3 * 1500 * 400; ++i)
            matrix.values.push_back(i);
        document.results.matrices = {matrix, matrix};
        QVERIFY(!written(document, "big.h5").isEmpty());
        const auto read = readResults(at("big.h5"));
        VERIFY_OK(read);
        QVERIFY(same(*read, document));
        const auto json = readResultsJson(jsonOf(document), "");
        QVERIFY(json && same(*json, document));
    }

    void whatIsNotFiniteIsUndefined()
    {
        Results results = sampleDocument().results;
        results.rows[0].value = INFINITY;
        results.rows[0].uniform = kNaN;
        results.rows[0].interval = {0, INFINITY};
        results.matrices[0].values[0] = -INFINITY;
        makeFinite(results);
        QVERIFY(!results.rows[0].value && !results.rows[0].uniform && !results.rows[0].interval);
        QCOMPARE(results.rows[0].undefined, std::string("not a finite number"));
        QCOMPARE(results.rows[1].undefined, std::string("never chosen"));
        QVERIFY(std::isnan(results.matrices[0].values[0]));
        QVERIFY(readResultsJson(jsonOf({{}, results}), ""));
    }

    void wrongJson_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("message");
        const auto add = [](const char* name, QByteArray text, const char* message) {
            QTest::newRow(name) << text << QString(message);
        };
        const auto row = [](const QByteArray& fields) { return "{\"rows\": [{\"metric\": \"m\", " + fields + "}]}"; };
        const auto matrix = [](const QByteArray& fields) {
            return "{\"rows\": [], \"matrices\": [{\"metric\": \"m\", " + fields + "}]}";
        };
        add("nothing", "", "not valid JSON at byte");
        add("torn", "{\"rows\": [{\"metric\": \"m\"", "not valid JSON at byte");
        add("more behind", "{\"rows\": []} x", "not valid JSON at byte");
        add("zero byte", QByteArray("{\"rows\": []}\0", 13), "a zero byte");
        add("a number", "3", "is no object with rows");
        add("no rows", "{}", "'rows' is no list");
        add("rows no list", "{\"rows\": {\"metric\": \"m\"}}", "'rows' is no list");
        add("matrices no list", "{\"rows\": [], \"matrices\": 3}", "'matrices' is no list");
        add("other format", "{\"format\": \"figure\", \"rows\": []}", "'format' is not expertscope-results");
        add("other version", "{\"format\": \"expertscope-results\", \"format_version\": \"2.0\", \"rows\": []}",
            "another format version");
        add("row no object", "{\"rows\": [3]}", "x.json: rows[0]: is no object");
        add("second row", "{\"rows\": [{\"metric\": \"m\"}, {}]}", "rows[1]: has no 'metric'");
        add("site", row("\"site\": 65535"), "rows[0]: 'site' is no index");
        add("to_layer", row("\"other\": {\"to_site\": \"5\"}, \"to_layer\": -1"), "rows[0]: 'to_layer' is no index");
        add("layer", row("\"site\": 5, \"layer\": \"five\""), "rows[0]: 'layer' is no index");
        add("site negative", row("\"site\": -1"), "rows[0]: 'site' is no index");
        add("expert", row("\"expert\": \"3\""), "'expert' is no index");
        add("value", row("\"value\": \"3\""), "'value' is no number");
        add("value too large", row("\"value\": 1e999"), "not valid JSON");
        add("n", row("\"n\": -3"), "'n' is no count");
        add("label", row("\"label\": {\"a\": \"b\", \"c\": \"d\"}"), "'label' is no object with one text");
        add("params", row("\"params\": [1]"), "'params' is no object");
        add("param", row("\"params\": {\"m\": []}"), "parameter 'm' is neither");
        add("other", row("\"other\": {\"m\": {}}"), "'other': 'm' is neither");
        add("interval", row("\"interval\": [1]"), "'interval' is not [low, high]");
        add("twice", row("\"n\": 1, \"n\": 2"), "key 'n' appears twice");
        add("no axes", matrix("\"values\": []"), "matrices[0]: 'axes' is no list");
        add("axis", matrix("\"axes\": [{\"name\": \"a\"}]"), "axis 0 has no 'name' or no 'keys'");
        add("key", matrix("\"axes\": [{\"name\": \"a\", \"keys\": [1]}]"), "axis 0 has a key that is no text");
        add("values", matrix("\"axes\": [{\"name\": \"a\", \"keys\": [\"0\", \"1\"]}], \"values\": [1]"),
            "does not have 2 entries along axis 'a'");
        add("values too deep", matrix("\"axes\": [{\"name\": \"a\", \"keys\": [\"0\"]}], \"values\": [[1]]"),
            "holds what is no number");
        add("deep", QByteArray(100'000, '['), "nested deeper than");
        add("deep in a row", row("\"x\": " + QByteArray(100'000, '[')), "nested deeper than");
        add("wide", "{\"x\": [" + QByteArray("0,").repeated(100'000) + "0]}", "more than 65536 values");
    }
    void wrongJson()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, message);
        const auto read = readResultsJson(std::string_view(text.constData(), std::size_t(text.size())), "x.json");
        QVERIFY(!read);
        const QString told = QString::fromStdString(read.error().message());
        QVERIFY2(told.contains(message) && told.startsWith("x.json"), qPrintable(told));
    }

    void wrongFiles()
    {
        QVERIFY(!readResults(at("nothing.json")));
        QVERIFY(!readResults(m_folder.path().toStdString()));
        QFile trace(EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-000000000.h5");
        QVERIFY(trace.exists());
        const auto read = readResults(trace.fileName().toStdString());
        QVERIFY(!read);
        QVERIFY2(read.error().message().find("is a file of 'expertscope-trace', not of results") != std::string::npos,
            read.error().message().c_str());
    }

    /// Any byte changed, any length cut: an error or the same as ever, never a crash.
    void damagedHdf5()
    {
        const QByteArray whole = written(sampleDocument(), "damage.h5");
        QVERIFY(whole.size() > 10'000);
        const QString name = m_folder.filePath("hurt.h5");
        const auto readBytes = [&](const QByteArray& bytes) {
            QFile file(name);
            if (file.open(QIODevice::WriteOnly))
                file.write(bytes);
            file.close();
            return readResults(name.toStdString());
        };
        int refused = 0, tried = 0;
        for (qsizetype i = 0; i < whole.size(); i += 97) {
            QByteArray hurt = whole;
            hurt[i] = char(hurt[i] ^ (1 << (i % 8)));
            ++tried;
            refused += !readBytes(hurt);
        }
        for (qsizetype length = 0; length < whole.size(); length += whole.size() / 40) {
            QVERIFY(!readBytes(whole.left(length)));
        }
        QVERIFY2(refused > tried / 10, qPrintable(QString("%1 of %2").arg(refused).arg(tried)));
    }

    void latexIsEscaped()
    {
        std::ostringstream out;
        writeResultsLatex(out, sampleDocument(), {.everything = true});
        const std::string tex = std::move(out).str();
        QVERIFY(tex.find("\\usepackage{booktabs}") != std::string::npos);
        QVERIFY(tex.find("code, \\char34{}x\\char34{} \\& 100 \\%\\_") != std::string::npos);
        for (const char* text : {"\\toprule", "\\midrule", "\\bottomrule", "{[}95\\,\\%]", "{[}$-$0.1000, 0.0000]"})
            QVERIFY2(tex.find(text) != std::string::npos, text);
        std::size_t begins = 0, ends = 0;
        std::istringstream lines(tex);
        for (std::string line; std::getline(lines, line);) {
            begins += line.starts_with("\\begin{tabular}");
            ends += line.starts_with("\\end{tabular}");
        }
        QVERIFY(begins == ends && begins >= 2);
    }

    /// A metric with many measures, as balance has, and many lines: tabulars that fit an A4 or letter page, readable.
    void latexFitsThePage()
    {
        ResultDocument document;
        for (int site = 0; site < 100; ++site) {
            for (int m = 0; m < 22; ++m) {
                ResultRow row;
                row.metric = "some_metric.measure_" + std::to_string(m);
                row.site = SiteIndex(std::uint16_t(site));
                row.value = 0.001 * site + m;
                row.uniform = 0.5;
                row.n = 1000;
                if (m == 7)
                    row.other["experts"] = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20";
                document.results.rows.push_back(row);
            }
        }
        std::ostringstream out;
        LayoutOptions options;
        options.everything = true;
        options.definitionOf = [](const std::string& family) {
            return family == "some_metric" ? "50 % of x_i {a}" : "";
        };
        writeResultsLatex(out, document, options);
        const std::string tex = std::move(out).str();
        QVERIFY(tex.find("\\paragraph{some metric.} 50 \\% of x\\_i \\{a\\}.") != std::string::npos);
        std::size_t columns = 0, lines = 0, tabulars = 0, cells = 0;
        double widest = 0;
        std::vector<std::size_t> widths;
        std::istringstream text(tex);
        int depth = 0;
        for (std::string line; std::getline(text, line);) {
            if (line.starts_with('%'))
                continue;
            for (std::size_t i = 0; i < line.size(); ++i) {
                if (line[i] == '\\')
                    ++i;
                else
                    depth += line[i] == '{' ? 1 : line[i] == '}' ? -1 : 0;
                QVERIFY(depth >= 0);
            }
            QCOMPARE(depth, 0);
            if (line.starts_with("\\begin{tabular}{@{}")) {
                const std::string spec = line.substr(19, line.rfind("@{}}") - 19);
                columns = std::size_t(std::ranges::count(spec, 'l') + std::ranges::count(spec, 'r'));
                columns += std::size_t(std::ranges::count(spec, 'p'));
                widths.assign(columns, 0);
                lines = 0;
                ++tabulars;
            } else if (line.ends_with("\\\\")) {
                ++lines;
                std::size_t column = 0, start = 0;
                for (std::size_t at = 0; at != std::string::npos; start = at + 3) {
                    at = line.find(" & ", start);
                    QVERIFY(column < columns);
                    widths[column] = std::max(widths[column], std::min(at, line.size() - 3) - start);
                    ++column;
                }
                QCOMPARE(column, columns);
                cells += columns;
            } else if (line.starts_with("\\end{tabular}")) {
                QVERIFY(lines <= 41);
                double width = 0; // points, at 10 pt
                for (const std::size_t w : widths)
                    width += 5.0 * double(std::min<std::size_t>(w, 28)) + 12;
                widest = std::max(widest, width);
            }
        }
        QVERIFY2(widest <= 345 + 12, qPrintable(QString::number(widest)));
        QVERIFY(tabulars > 10 && cells > 22 * 2 * 100);
        QVERIFY(tex.find("measure\\_") == std::string::npos && tex.find("measure 21") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestResults)
#include "tst_results.moc"
