// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/paint/axis_ticks.h"
#include "views/paint/colour_table.h"
#include "views/paint/style.h"

#include <QFont>
#include <QTest>

#include <array>
#include <cmath>

using namespace expertscope;

namespace {

double luminance(QRgb c)
{
    const auto linear = [](int v) {
        const double s = v / 255.0;
        return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(c)) + 0.7152 * linear(qGreen(c)) + 0.0722 * linear(qBlue(c));
}

using Triple = std::array<double, 3>;

Triple times(const std::array<Triple, 3>& m, const Triple& v)
{
    Triple product{};
    for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 3; ++c)
            product[r] += m[r][c] * v[c];
    return product;
}

/// CIE L*a*b* (D65) of a colour as eyes see it that lack a kind of cones: Machado, Oliveira and Fernandes 2009, table 1,
/// severity 1, on linear RGB.
Triple labOf(const QColor& colour, const std::array<Triple, 3>& eyes)
{
    Triple rgb{colour.redF(), colour.greenF(), colour.blueF()};
    for (double& v : rgb)
        v = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    rgb = times(eyes, rgb);
    for (double& v : rgb)
        v = std::clamp(v, 0.0, 1.0);
    Triple xyz = times({{{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}}}, rgb);
    const Triple white{0.9505, 1, 1.089};
    for (std::size_t i = 0; i < 3; ++i) {
        const double t = xyz[i] / white[i];
        xyz[i] = t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16 / 116.0;
    }
    return {116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])};
}

QStringList tickLabels(const std::vector<Tick>& ticks)
{
    QStringList texts;
    for (const Tick& t : ticks)
        texts << t.label;
    return texts;
}

}

class TestColourTable : public QObject
{
    Q_OBJECT
private slots:
    void entriesAreThePublishedOnes_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("index");
        QTest::addColumn<QString>("colour");
        QTest::newRow("viridis first") << "viridis" << 0 << "#440154";
        QTest::newRow("viridis middle") << "viridis" << 128 << "#21918c"; // matplotlib's value at 0.5
        QTest::newRow("viridis last") << "viridis" << 255 << "#fde725";
        QTest::newRow("cividis first") << "cividis" << 0 << "#00224e";
        QTest::newRow("cividis last") << "cividis" << 255 << "#fee838";
        QTest::newRow("berlin first") << "berlin" << 0 << "#9eb0ff";
        QTest::newRow("berlin last") << "berlin" << 255 << "#ffadad";
        QTest::newRow("vik first") << "vik" << 0 << "#001261";
        QTest::newRow("vik last") << "vik" << 255 << "#590008";
        QTest::newRow("batlow first") << "batlow" << 0 << "#011959";
        QTest::newRow("batlow last") << "batlow" << 255 << "#faccfa";
    }
    void entriesAreThePublishedOnes()
    {
        QFETCH(QString, name);
        QFETCH(int, index);
        QFETCH(QString, colour);
        const auto table = colourTable(name);
        QVERIFY(table.has_value());
        QCOMPARE(QColor::fromRgb(table->entries[std::size_t(index)]).name(), colour);
    }

    void sequentialTablesPrintMonotoneInGrey()
    {
        for (const QString& name : colourTableNames()) {
            const ColourTable table = colourTable(name).value();
            QCOMPARE(table.diverging, name == "vik" || name == "berlin");
            if (table.diverging)
                continue;
            for (std::size_t i = 4; i < 256; i += 4)
                QVERIFY2(luminance(table.entries[i]) > luminance(table.entries[i - 4]), qPrintable(name));
        }
    }

    /// C4.13: any two of the hues of a legend differ by 10 of L*a*b* for eyes of every kind; what is dashed is told apart
    /// by that.
    void legendsCanBeToldApart_data()
    {
        QTest::addColumn<int>("eyes");
        QTest::newRow("all cones") << 0;
        QTest::newRow("protanopia") << 1;
        QTest::newRow("deuteranopia") << 2;
        QTest::newRow("tritanopia") << 3;
    }
    void legendsCanBeToldApart()
    {
        static constexpr std::array<std::array<Triple, 3>, 4> kinds{{{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
            {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
            {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
            {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}}};
        QFETCH(int, eyes);
        const Style paper = paperStyle(QFont(), 0, 600);
        const Style dark = screenStyle({QColor(0x1e, 0x20, 0x26), QColor(0xe7, 0xe7, 0xe7), Qt::gray, Qt::darkGray, Qt::blue}, QFont());
        for (const std::vector<QColor>& colours : {paper.series, paper.categories, dark.series, dark.categories}) {
            QVERIFY(colours.size() >= 7);
            for (std::size_t i = 0; i < colours.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    const Triple a = labOf(colours[i], kinds[std::size_t(eyes)]), b = labOf(colours[j], kinds[std::size_t(eyes)]);
                    const double apart = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
                    QVERIFY2(apart >= 10,
                        qPrintable(QString("%1 and %2: %3").arg(colours[i].name(), colours[j].name()).arg(apart)));
                }
            }
        }
    }

    void marksAreInNoTable()
    {
        for (const QString& name : colourTableNames()) {
            const ColourTable table = colourTable(name).value();
            for (const QRgb entry : table.entries) {
                for (const QRgb mark : {kMarkColour, kNoDataColour}) {
                    const int distance = std::abs(qRed(entry) - qRed(mark)) + std::abs(qGreen(entry) - qGreen(mark))
                        + std::abs(qBlue(entry) - qBlue(mark));
                    QVERIFY2(distance > 12, qPrintable(name));
                }
            }
        }
    }

    void divergingTableHasItsMiddleAtOne()
    {
        ColourScale scale{colourTable("vik").value(), ScaleKind::Log2, 0.25, 4};
        QCOMPARE(scale.position(1), 0.5);
        QCOMPARE(scale.position(0.25), 0.0);
        QCOMPARE(scale.position(0.0), 0.0); // never chosen
        QCOMPARE(scale.position(64.0), 1.0);
        QVERIFY(std::isnan(scale.position(NAN)));
        const QRgb middle = scale.colour(1);
        QVERIFY(qRed(middle) > 220 && qGreen(middle) > 220 && qBlue(middle) > 220);
        for (const double t : {0.0, 0.25, 0.7, 1.0})
            QVERIFY(std::abs(scale.position(scale.valueAt(t)) - t) < 1e-12);
    }

    void eachEntryCoversOne256thOfTheScale()
    {
        ColourScale scale{colourTable("viridis").value(), ScaleKind::Linear, 0, 256};
        for (int i = 0; i < 256; ++i) {
            QCOMPARE(scale.colour(i + 0.001), scale.table.entries[std::size_t(i)]);
            QCOMPARE(scale.colour(i + 0.999), scale.table.entries[std::size_t(i)]);
        }
        QCOMPARE(scale.colour(-5), scale.table.entries[0]);
        QCOMPARE(scale.colour(1e9), scale.table.entries[255]);
    }

    void unknownNameIsANamedError()
    {
        const auto table = colourTable("jet");
        QVERIFY(!table);
        QCOMPARE(QString::fromStdString(table.error().message()),
            QString("jet: no colour table of this name (there are viridis, cividis, batlow, vik, berlin)"));
    }

    void ticksAreRound()
    {
        ColourScale scale{colourTable("vik").value(), ScaleKind::Log2, 1.0 / 8, 8};
        QCOMPARE(tickLabels(scaleTicks(scale, 7, false, false)), QStringList({"1/8", "1/4", "1/2", "1", "2", "4", "8"}));
        QCOMPARE(tickLabels(scaleTicks(scale, 3, true, true)),
            QStringList({QString::fromUtf8("≤1/8"), "1", QString::fromUtf8("≥8")}));
        scale = {colourTable("viridis").value(), ScaleKind::Linear, -2, 2};
        QCOMPARE(tickLabels(scaleTicks(scale, 4, false, false)),
            QStringList({QString::fromUtf8("−2"), QString::fromUtf8("−1"), "0", "1", "2"}));
        std::vector<int> names(64);
        for (int i = 0; i < 64; ++i)
            names[std::size_t(i)] = i;
        QCOMPARE(tickLabels(cellTicks(names, 0, 63, 9)), QStringList({"0", "8", "16", "24", "32", "40", "48", "56", "63"}));
        QCOMPARE(tickLabels(cellTicks(names, 3.2, 6.9, 9)), QStringList({"4", "5", "6"}));
    }

    void limitsAreRoundAndHoldTheData()
    {
        QCOMPARE(roundLimits(ScaleKind::Linear, 0.2, 5.7), std::pair(0.0, 6.0));
        QCOMPARE(roundLimits(ScaleKind::Log2, 0.2, 1.5), std::pair(0.125, 8.0));
        QCOMPARE(roundLimits(ScaleKind::Log2, 1e-9, 1.5), std::pair(1.0 / 16, 16.0));
        QCOMPARE(roundLimits(ScaleKind::Linear, 0, 0), std::pair(0.0, 1.0));
        const double inf = std::numeric_limits<double>::infinity();
        QCOMPARE(roundLimits(ScaleKind::Log2, inf, -inf).first > 0, true); // no data at all
    }
};

EXPERTSCOPE_TEST(TestColourTable)
#include "tst_colour_table.moc"
