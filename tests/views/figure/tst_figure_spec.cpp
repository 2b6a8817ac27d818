// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/figure/figure_spec.h"

#include <QTest>

using namespace expertscope;

class TestFigureSpec : public QObject
{
    Q_OBJECT
private slots:
    void roundTrip()
    {
        FigureSpec spec;
        spec.tool = "expertscope 0.1.0";
        spec.traces = {{"../traces/α run.h5", "5f0c3f0e-0000-4000-8000-000000000000"}, {"b.h5", ""}};
        spec.scope.where = {{"language", "de"}, {"domain", "man \"pages\""}};
        spec.scope.without = {{"domain", "code"}, {"topic", "a", {"b|c", ""}}};
        spec.scope.chose = {{SiteIndex(3), ExpertIndex(27)}};
        spec.scope.spared = {{SiteIndex(0), ExpertIndex(0)}, {SiteIndex(5), ExpertIndex(65534)}};
        spec.scope.choseAny = {{{{SiteIndex(2), ExpertIndex(1)}}, {{5, ExpertIndex(27)}}}, {{}, {{1, ExpertIndex(2)}}}};
        spec.scope.sparedAny = {{{}, {{7, ExpertIndex(8)}, {7, ExpertIndex(9)}}}};
        spec.scope.values = {parseValueCondition("loss>=4.25", "").value(), parseValueCondition("entropy@5<0.1", "").value()};
        spec.scope.tokens = TokenRange{TokenIndex(100), TokenIndex(4000000000000)};
        spec.scope.sites = {SiteIndex(1), SiteIndex(4)};
        spec.scope.skipFirst = 5;
        spec.scope.phase = Phase::Decode;
        spec.options = {{"metric", "ratio"}, {"against", "all"}, {"sort", "load"}};
        spec.look = {.colours = "vik",
            .scale = ScaleKind::Log2,
            .limits = std::pair(0.1, 12.345678901234567),
            .percentile = 99,
            .reducer = Reducer::Mean};
        spec.page = {88.9, 41.3, "DejaVu Sans", 9, 300};
        spec.labels = {"Expert²", "−", "α", "t"};
        const QByteArray json = writeFigureSpec(spec);
        const auto back = parseFigureSpec(json, "a.json");
        QVERIFY2(back.has_value(), back ? "" : back.error().message().c_str());
        QCOMPARE(writeFigureSpec(*back), json);
        QVERIFY(*back == spec);
        QCOMPARE(back->look.limits->second, 12.345678901234567);
        QCOMPARE(back->scope.where.size(), std::size_t(2));
        QCOMPARE(back->scope.where[1].value, std::string("man \"pages\""));
        QCOMPARE(back->labels.x, QString("Expert²"));
        QVERIFY(back->look.reducer == Reducer::Mean && back->options.at("sort") == "load");
    }

    void conditionsAndLayers()
    {
        // As --where has them, or taken apart; written taken apart.
        QByteArray json(R"({"expertscope_figure": 2, "traces": [{"path": "t.h5"}], "scope": {
            "where": ["language=de|fr", {"label": "topic", "values": ["a", "b"]}, "domain!=code", "@x=y@=z"],
            "without": [{"label": "half", "value": "first"}], "layers": [3, 61]}})");
        const auto spec = parseFigureSpec(json.replace('@', "\\\""), "a.json");
        QVERIFY2(spec.has_value(), spec ? "" : spec.error().message().c_str());
        QCOMPARE(spec->scope.where,
            (std::vector<LabelFilter>{{"language", "de", {"fr"}}, {"topic", "a", {"b"}}, {"x=y", "z"}}));
        QCOMPARE(spec->scope.without, (std::vector<LabelFilter>{{"domain", "code"}, {"half", "first"}}));
        QCOMPARE(spec->scope.layers, (std::vector<std::uint16_t>{3, 61}));
        QVERIFY(*parseFigureSpec(writeFigureSpec(*spec), "b.json") == *spec);
    }

    void openKeysStayOpen()
    {
        const auto spec = parseFigureSpec(R"({"expertscope_figure": 2, "traces": [{"path": "t.h5"}]})", "a.json");
        QVERIFY(spec.has_value());
        QVERIFY(spec->look == Look() && spec->options.empty() && spec->scope.everything());
        QVERIFY(*parseFigureSpec(writeFigureSpec(*spec), "b.json") == *spec);
    }

    void versionOneIsRead()
    {
        const auto open = parseFigureSpec(R"({"expertscope_figure": 1, "trace": {"path": "t.h5"}})", "a.json");
        QVERIFY2(open.has_value(), open ? "" : open.error().message().c_str());
        QCOMPARE(open->chart, std::string("load"));
        QCOMPARE(open->traces, (std::vector<TraceRef>{{"t.h5", ""}}));
        // What version 1 took where nothing was said.
        QCOMPARE(open->options,
            (std::map<std::string, std::string>{{"metric", "relative"}, {"against", "uniform"}, {"sort", "id"}}));
        QCOMPARE(open->look, (Look{.colours = "viridis", .scale = ScaleKind::Linear, .reducer = Reducer::Max}));
        const auto full = parseFigureSpec(R"({"expertscope_figure": 1, "tool": "expertscope 0.1.0", "view": "load",
            "trace": {"path": "../t.h5", "uuid": "u"}, "where": [{"label": "language", "value": "de"}], "metric": "ratio",
            "against": "all", "sort": "load", "reducer": "mean", "colour": {"table": "batlow", "scale": "log2",
            "limits": [0.5, 2]}, "width_mm": 88.9, "height_mm": 41, "font": {"family": "X", "size_pt": 9},
            "labels": {"x": "a", "y": "b", "colour": "c", "title": "d"}, "dpi": 300})",
            "a.json");
        QVERIFY2(full.has_value(), full ? "" : full.error().message().c_str());
        QCOMPARE(full->options,
            (std::map<std::string, std::string>{{"metric", "ratio"}, {"against", "all"}, {"sort", "load"}}));
        QCOMPARE(full->scope.where, (std::vector<LabelFilter>{{"language", "de"}}));
        QCOMPARE(full->look, (Look{.colours = "batlow", .scale = ScaleKind::Log2, .limits = std::pair(0.5, 2.), .reducer = Reducer::Mean}));
        QCOMPARE(full->page, (PageSpec{88.9, 41, "X", 9, 300}));
        QCOMPARE(full->labels, (Labels{"a", "b", "c", "d"}));
        QVERIFY(*parseFigureSpec(writeFigureSpec(*full), "b.json") == *full); // as version 2
    }

    void wrongSpecsAreNamed_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("message");
        const auto with = [](const char* more) {
            return QByteArray(R"({"expertscope_figure": 1, "trace": {"path": "t.h5"})") + more + "}";
        };
        QTest::newRow("not JSON") << QByteArray("{\n\"a\": 1,\n}") << "a.json:3: not JSON: ";
        QTest::newRow("empty") << QByteArray() << "a.json:1: not JSON: ";
        QTest::newRow("list") << QByteArray("[1]") << "a.json: is not a JSON object";
        QTest::newRow("no version") << QByteArray("{}") << "a.json: expertscope_figure: is missing";
        QTest::newRow("newer") << QByteArray(R"({"expertscope_figure": 3})") << "a.json: expertscope_figure: is not 1";
        QTest::newRow("no trace") << QByteArray(R"({"expertscope_figure": 1})") << "a.json: trace.path: is missing";
        QTest::newRow("unknown key") << with(R"(, "colors": 1)") << "a.json: colors: is not a key of a figure spec";
        QTest::newRow("unknown inner key") << with(R"(, "font": {"size": 7})") << "a.json: font.size: is not a key";
        QTest::newRow("type") << with(R"(, "width_mm": "89")") << "a.json: width_mm: is not a number";
        QTest::newRow("choice") << with(R"(, "metric": "lod")") << "a.json: metric: is none of relative, share, ratio";
        QTest::newRow("half points") << with(R"(, "font": {"size_pt": 6.5})") << "a.json: font.size_pt: is not a whole";
        QTest::newRow("limits") << with(R"(, "colour": {"limits": [2, 1]})") << "a.json: colour.limits: are not two";
        QTest::newRow("limits of text") << with(R"(, "colour": {"limits": [1, "2"]})")
                                        << "a.json: colour.limits: are not";
        QTest::newRow("log of zero") << with(R"(, "metric": "ratio", "colour": {"limits": [0, 1]})")
                                     << "a.json: colour.limits: must be above 0";
        QTest::newRow("table") << with(R"(, "colour": {"table": "jet"})") << "a.json: colour.table: is none of viridis";
        QTest::newRow("wide") << with(R"(, "width_mm": 99999)") << "a.json: width_mm: is not in 10 to 2000";
        QTest::newRow("pixels") << with(R"(, "width_mm": 2000, "dpi": 2400)") << "a.json: dpi: gives more than 30000";
        QTest::newRow("where") << with(R"(, "where": [{"value": "x"}])") << "a.json: where[0].label: is missing";
        QTest::newRow("where list") << with(R"(, "where": {})") << "a.json: where: is not a list";
        QTest::newRow("view") << with(R"(, "view": "flow")") << "a.json: view: is not a view";
        const auto second = [](const char* more) {
            return QByteArray(R"({"expertscope_figure": 2, "traces": [{"path": "t.h5"}])") + more + "}";
        };
        QTest::newRow("no traces") << QByteArray(R"({"expertscope_figure": 2})") << "a.json: traces: is missing";
        QTest::newRow("chart") << second(R"(, "chart": "pie")")
                               << "a.json: chart: no such chart 'pie' (there is: load";
        QTest::newRow("old key") << second(R"(, "metric": "ratio")") << "a.json: metric: is not a key";
        QTest::newRow("option") << second(R"(, "options": {"metrc": "ratio"})")
                                << "a.json: options: no parameter 'metrc'";
        QTest::newRow("option value") << second(R"(, "options": {"metric": "ratios"})")
                                      << "a.json: options: parameter 'metric': unknown 'ratios'";
        QTest::newRow("two words") << second(R"(, "options": {"metric": "ratio/share"})")
                                   << "a.json: options: parameter 'metric': one word";
        QTest::newRow("option type") << second(R"(, "options": {"metric": 1})")
                                     << "a.json: options.metric: is not a text";
        QTest::newRow("expert") << second(R"(, "scope": {"chose": [{"site": 1}]})")
                                << "a.json: scope.chose[0].expert: is missing";
        QTest::newRow("tokens") << second(R"(, "scope": {"tokens": [5, 2]})") << "a.json: scope.tokens: are not two";
        QTest::newRow("sites") << second(R"(, "scope": {"sites": [-1]})") << "a.json: scope.sites: are not whole";
        QTest::newRow("sites and layers") << second(R"(, "scope": {"sites": [0], "layers": [1]})")
                                          << "a.json: scope.layers: stand beside sites";
        QTest::newRow("condition") << second(R"(, "scope": {"where": ["language=de", "language"]})")
                                   << "a.json: scope.where[1]: 'language' is no LABEL=VALUE (such as language=de, ";
        QTest::newRow("values") << second(R"(, "scope": {"where": [{"label": "x", "values": []}]})")
                                << "a.json: scope.where[0].values: are not texts";
        QTest::newRow("value and values") << second(R"(, "scope": {"where": [{"label": "x", "value": "a", "values": ["b"]}]})")
                                          << "a.json: scope.where[0].value: is not a key";
        QTest::newRow("trace as text") << QByteArray(R"({"expertscope_figure": 2, "traces": ["t.h5"]})")
                                       << "a.json: traces[0]: is not an object";
        QTest::newRow("look") << second(R"(, "look": {"table": "vik"})") << "a.json: look.table: is not a key";
        QTest::newRow("phase") << second(R"(, "scope": {"phase": "answer"})")
                               << "a.json: scope.phase: is none of prompt, decode";
        QTest::newRow("look table") << second(R"(, "look": {"colours": "jet"})") << "a.json: look.colours: is none of";
        QTest::newRow("page") << second(R"(, "page": {"dpi": 1})") << "a.json: page.dpi: is not in 36";
        QTest::newRow("page font") << second(R"(, "page": {"font": {"size_pt": 1}})")
                                   << "a.json: page.font.size_pt: is not in";
        QTest::newRow("huge number") << with(R"(, "dpi": 1e300)") << "a.json: dpi: is not a whole number";
        QTest::newRow("deep") << QByteArray(5000, '[') << "a.json:1: not JSON";
    }
    void wrongSpecsAreNamed()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, message);
        const auto spec = parseFigureSpec(json, "a.json");
        QVERIFY(!spec);
        const QString got = QString::fromStdString(spec.error().message());
        QVERIFY2(got.startsWith(message), qPrintable(got));
    }

    void lengths()
    {
        QCOMPARE(parseLengthMm("89mm").value(), 89.0);
        QCOMPARE(parseLengthMm("8.9 cm").value(), 89.0);
        QCOMPARE(parseLengthMm("3.5in").value(), 88.9);
        QCOMPARE(parseLengthMm("72pt").value(), 25.4);
        QCOMPARE(parseLengthMm("100").value(), 100.0);
        for (const char* wrong : {"", "mm", "89px", "-3mm", "1mm", "3m", "1e3mm", "NaN", "9999mm"})
            QVERIFY2(!parseLengthMm(wrong), wrong);
    }
};

EXPERTSCOPE_TEST(TestFigureSpec)
#include "tst_figure_spec.moc"
