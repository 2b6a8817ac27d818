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
        spec.tracePath = "../traces/α run.h5";
        spec.traceUuid = "5f0c3f0e-0000-4000-8000-000000000000";
        spec.where = {{"language", "de"}, {"domain", "man \"pages\""}};
        spec.metric = LoadMetric::Ratio;
        spec.against = Against::All;
        spec.sort = SortExperts::ByLoad;
        spec.reducer = Reducer::Mean;
        spec.colours = "vik";
        spec.scale = ScaleKind::Log2;
        spec.limits = {0.1, 12.345678901234567};
        spec.widthMm = 88.9;
        spec.heightMm = 41.3;
        spec.fontFamily = "DejaVu Sans";
        spec.fontSizePt = 9;
        spec.xTitle = "Expert²";
        spec.yTitle = "−";
        spec.valueTitle = "α";
        spec.title = "t";
        spec.dpi = 300;
        const QByteArray json = writeFigureSpec(spec);
        const auto back = parseFigureSpec(json, "a.json");
        QVERIFY2(back.has_value(), back ? "" : back.error().message().c_str());
        QCOMPARE(writeFigureSpec(*back), json);
        QVERIFY(*back == spec);
        QCOMPARE(back->limits->second, 12.345678901234567);
        QCOMPARE(back->where.size(), std::size_t(2));
        QCOMPARE(back->where[1].value, std::string("man \"pages\""));
        QCOMPARE(back->xTitle, QString("Expert²"));
        QVERIFY(back->reducer == Reducer::Mean && back->sort == SortExperts::ByLoad && back->against == Against::All);
    }

    void openKeysStayOpen()
    {
        const auto spec = parseFigureSpec(R"({"expertscope_figure": 1, "trace": {"path": "t.h5"}})", "a.json");
        QVERIFY(spec.has_value());
        QVERIFY(!spec->limits && !spec->scale && !spec->reducer && spec->colours.isEmpty());
        QVERIFY(*parseFigureSpec(writeFigureSpec(*spec), "b.json") == *spec);
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
        QTest::newRow("newer") << QByteArray(R"({"expertscope_figure": 2})") << "a.json: expertscope_figure: is not 1";
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
