// SPDX-License-Identifier: GPL-3.0-or-later
//
// Quantiles from a histogram against those of the sorted numbers.
#include "analysis/counts/quantile_counts.h"
#include "io/base/splitmix.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <algorithm>
#include <limits>

using namespace expertscope;

class TestQuantileCounts : public QObject
{
    Q_OBJECT
private slots:
    void asTheSortedNumbers_data()
    {
        QTest::addColumn<int>("kind");
        for (int kind = 0; kind < 5; ++kind)
            QTest::addRow("%d", kind) << kind;
    }
    void asTheSortedNumbers()
    {
        QFETCH(int, kind);
        SplitMix random{std::uint64_t(kind)};
        for (const std::size_t n : {1, 2, 19, 20, 21, 5000}) {
            std::vector<float> numbers;
            QuantileCounts whole, parts[3];
            for (std::size_t i = 0; i < n; ++i) {
                const double u = double(random.next() >> 11) * 0x1p-53;
                const auto number = float(kind == 0 ? u // as masses
                        : kind == 1                 ? 10 * (u - 0.5) // as margins that may be negative
                        : kind == 2                 ? std::exp(80 * (u - 0.5)) // all sizes
                        : kind == 3                 ? double(random.next() % 3) // equal ones
                                                    : -std::exp(80 * (u - 0.5)));
                numbers.push_back(number);
                whole.add(number);
                parts[i % 3].add(number);
            }
            whole.add(std::numeric_limits<double>::quiet_NaN());
            whole.add(std::numeric_limits<double>::infinity());
            parts[2].add(parts[0]);
            parts[2].add(parts[1]);
            Archive out;
            out(parts[2]);
            Archive in(out.bytes());
            QuantileCounts read;
            in(read);
            QVERIFY(in.ok() && in.atEnd());
            std::ranges::sort(numbers);
            for (const double q : {0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0}) {
                const auto rank = std::size_t(std::max(1.0, std::ceil(q * double(n))));
                const double exact = numbers[rank - 1], found = whole.quantile(q);
                QVERIFY2(std::abs(found - exact) <= 0x1p-12 * std::abs(exact),
                    qPrintable(QString("%1 of %2: %3, not %4").arg(q).arg(n).arg(found).arg(exact)));
                if (kind == 3)
                    QCOMPARE(found, exact);
                QCOMPARE(read.quantile(q), found); // in whatever order
            }
            QCOMPARE(read.n(), std::uint64_t(n));
        }
        QVERIFY(std::isnan(QuantileCounts().quantile(0.5)));
    }

    void whatCannotBeIsRefused()
    {
        Archive out;
        std::uint64_t n = 1;
        std::vector<std::uint64_t> one{1}, none;
        out(n, one);
        for (int i = 1; i < 512; ++i)
            out(none);
        Archive in(out.bytes());
        QuantileCounts read;
        in(read);
        QVERIFY(!in.ok());
    }
};

EXPERTSCOPE_TEST(TestQuantileCounts)
#include "tst_quantile_counts.moc"
