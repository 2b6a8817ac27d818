// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rotary frequencies against closed forms, and bit for bit against what transformers used for every sequence of every
// golden checkpoint.
#include "io/backend/rope.h"
#include "io/checkpoint/checkpoint.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include "golden.h"

#include <QDir>
#include <QTest>

#include <cmath>
#include <set>

using namespace expertscope;

class TestRope : public QObject
{
    Q_OBJECT
private slots:
    void closedForms()
    {
        RopeSpec spec;
        spec.theta = 10000;
        spec.rotaryDim = 8;
        spec.maxPositions = 100;
        spec.originalMaxPositions = 100;
        const auto plain = [](double theta, int i) { return std::pow(theta, -2.0 * i / 8); };
        const auto check = [&](std::int64_t length, auto expected) {
            const auto f = ropeFrequencies(spec, 8, length);
            QCOMPARE(f.size(), std::size_t{4});
            for (int i = 0; i < 4; ++i)
                QVERIFY2(std::abs(f[i] / expected(i) - 1) < 3e-7,
                    qPrintable(QString("%1: %2 %3").arg(i).arg(f[i]).arg(expected(i))));
        };
        check(5, [&](int i) { return plain(1e4, i); });
        spec.kind = RopeKind::Linear;
        spec.factor = 4;
        check(5, [&](int i) { return plain(1e4, i) / 4; });
        spec.kind = RopeKind::Dynamic;
        check(100, [&](int i) { return plain(1e4, i); });
        check(150, [&](int i) { return plain(1e4 * std::pow(4 * 1.5 - 3, 8.0 / 6), i); });
        spec.kind = RopeKind::LongRope;
        spec.shortFactor = {1, 2, 3, 4};
        spec.longFactor = {5, 6, 7, 8};
        check(100, [&](int i) { return plain(1e4, i) / (1 + i); });
        check(101, [&](int i) { return plain(1e4, i) / (5 + i); });
        spec.kind = RopeKind::Llama3;
        spec.factor = 8;
        spec.lowFrequencyFactor = 1;
        spec.highFrequencyFactor = 4;
        check(5, [&](int i) {
            const double f = plain(1e4, i), wave = 2 * M_PI / f;
            if (wave < 25)
                return f;
            if (wave > 100)
                return f / 8;
            const double s = (100 / wave - 1) / 3;
            return (1 - s) * f / 8 + s * f;
        });
    }

    void keysFollowTheLength()
    {
        RopeSpec spec;
        spec.maxPositions = 100;
        spec.originalMaxPositions = 50;
        QCOMPARE(ropeKey(spec, 1000), 0);
        spec.kind = RopeKind::Dynamic;
        QCOMPARE(ropeKey(spec, 100), ropeKey(spec, 1));
        QVERIFY(ropeKey(spec, 101) != ropeKey(spec, 102));
        QVERIFY(ropeKey(spec, 101) != ropeKey(spec, 100));
        spec.kind = RopeKind::LongRope;
        QCOMPARE(ropeKey(spec, 51), ropeKey(spec, 100));
        QVERIFY(ropeKey(spec, 50) != ropeKey(spec, 51));
    }

    void goldens_data()
    {
        QTest::addColumn<QString>("folder");
        const QDir root(EXPERTSCOPE_TEST_DATA "/checkpoints");
        for (const auto& name : root.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            QTest::newRow(qPrintable(name)) << root.filePath(name);
    }

    void goldens()
    {
        QFETCH(QString, folder);
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        VERIFY_OK(checkpoint);
        const ArchSpec& arch = checkpoint->arch();
        const Golden golden(folder);
        const auto lengths = golden.values<std::int32_t>("sequence_length");
        const auto inverse = golden.values<float>("rope_inv_freq");
        const auto scaling = golden.values<float>("rope_attention_scaling");
        const std::size_t width = static_cast<std::size_t>(golden.shape("rope_inv_freq")[1]);
        for (std::size_t s = 0; s < lengths.size(); ++s) {
            const auto f = ropeFrequencies(arch.rope, arch.ropeHeadDim(), lengths[s]);
            QCOMPARE(f.size(), width);
            for (std::size_t i = 0; i < width; ++i) {
                QVERIFY2(f[i] == inverse[s * width + i],
                    qPrintable(QString("length %1, pair %2: %3, reference %4")
                                   .arg(lengths[s])
                                   .arg(i)
                                   .arg(f[i], 0, 'g', 9)
                                   .arg(inverse[s * width + i], 0, 'g', 9)));
            }
            const double ours = lengths[s] > arch.rope.originalMaxPositions
                ? arch.rope.longAttentionScaling.value_or(arch.rope.attentionScaling)
                : arch.rope.attentionScaling;
            QCOMPARE(static_cast<float>(ours), scaling[s]);
        }
    }
};

EXPERTSCOPE_TEST(TestRope)
#include "tst_rope.moc"
