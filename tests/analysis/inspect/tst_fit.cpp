// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory and modelled time, against enumeration of all choices and against sums by hand.
#include "analysis/cost/event_time.h"
#include "analysis/inspect/fit.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <bit>
#include <cmath>

using namespace expertscope;
using namespace expertscope::inspect;

namespace {

bool near(double a, double b)
{
    return std::abs(a - b) <= 1e-9 * std::abs(b);
}

/// 2 layers, 6 experts of 3 x 100 x 50, 2 chosen; 10 words; untied; bf16.
ArchSpec smallModel()
{
    auto arch = parseArchSpec(R"({"model_type": "mixtral", "hidden_size": 100, "num_attention_heads": 5,
        "num_key_value_heads": 5, "num_hidden_layers": 2, "num_local_experts": 6, "num_experts_per_tok": 2,
        "intermediate_size": 50, "vocab_size": 10, "torch_dtype": "bfloat16"})",
        "config.json");
    return *arch;
}

Sizes sizesOfSmall(const ArchSpec& arch)
{
    Subject subject;
    subject.arch = arch;
    return sizesOf(subject);
}

constexpr double kExpert = 3 * 100 * 50 * 2; // bytes

cost::Machine machineWith(double memory)
{
    cost::Machine machine;
    machine.name = "small";
    machine.link.bytesPerSecond = 1e6;
    machine.link.latency = 1e-3;
    machine.gpu.bytesPerSecond = 1e7;
    machine.gpu.flopsPerSecond = 1e9;
    machine.gpu.memoryBytes = memory;
    return machine;
}

}

class TestFit : public QObject
{
    Q_OBJECT
private slots:
    void sizes()
    {
        const ArchSpec arch = smallModel();
        const Sizes sizes = sizesOfSmall(arch);
        QCOMPARE(sizes.stored.of(ModelPart::Experts), 12 * kExpert);
        QCOMPARE(sizes.stored.of(ModelPart::Attention), 2. * 4 * 100 * 100 * 2);
        QCOMPARE(sizes.stored.forms.size(), std::size_t(1));
        QCOMPARE(sizes.stored.forms[0].first, std::string("bf16"));
        QVERIFY(sizes.stored.estimated);
        QCOMPARE(sizes.cache.whole, 2. * 2 * 100);
    }

    void chances()
    {
        for (const unsigned residents : {0u, 2u, 5u, 6u}) {
            double total = 0;
            std::vector<double> counted(4, 0);
            for (unsigned choice = 0; choice < 64; ++choice) {
                if (std::popcount(choice) == 3) {
                    counted[std::size_t(std::popcount(choice >> residents))] += 1;
                    total += 1;
                }
            }
            const auto chances = missingChances(6, residents, 3);
            QCOMPARE(chances.size(), std::size_t(4));
            for (std::size_t m = 0; m < 4; ++m)
                QVERIFY(std::abs(chances[m] - counted[m] / total) < 1e-12);
        }
    }

    /// 3 of 6 experts fit: the mean over all 15 pairs that a token may choose.
    void decodeIsTheMeanOverAllChoices()
    {
        const ArchSpec arch = smallModel();
        const Sizes sizes = sizesOfSmall(arch);
        const double fixed = sizes.stored.all() - 12 * kExpert + 2 * 400 * 7;
        const auto machine = machineWith(fixed + 6.5 * kExpert); // 3 of each layer and half a one
        const Fit fit = fitOn(machine, arch, sizes, 7);
        QCOMPARE(fit.fixed, fixed);
        QCOMPARE(fit.needed, fixed + 12 * kExpert);
        QCOMPARE(*fit.residents, 3.);
        QCOMPARE(fit.streamed, 6 * kExpert);
        cost::Model expert;
        expert.expertBytes = kExpert;
        expert.expertFlops = 2 * 3 * 100 * 50;
        double mean = 0;
        for (unsigned a = 0; a < 6; ++a) {
            for (unsigned b = a + 1; b < 6; ++b)
                mean += cost::eventTime(machine, expert, cost::Level::Overlap, 2, 1, unsigned(a > 2) + unsigned(b > 2)).seconds
                    / 15;
        }
        // Attention, routers, head; norms too in bytes: 2 layers x 2 and the last.
        const double matrices = 2 * (4 * 100 * 100 + 6 * 100) + 10 * 100;
        const double dense = std::max((matrices + 5 * 100) * 2 / 1e7, 2 * matrices / 1e9);
        QVERIFY(near(*fit.decode, dense + 2 * mean));

        const double asked = 6 * (1 - std::pow(4. / 6, 1000));
        const double event = cost::eventTime(machine, expert, cost::Level::Overlap, asked, 2000 / asked, 3).seconds;
        QVERIFY(near(*fit.prefill, std::max(dense, 1000 * 2 * matrices / 1e9) + 2 * event));
    }

    void everythingFits()
    {
        const ArchSpec arch = smallModel();
        const Sizes sizes = sizesOfSmall(arch);
        const Fit all = fitOn(machineWith(sizes.stored.all() + 800), arch, sizes, 1);
        QCOMPARE(*all.residents, 6.);
        QCOMPARE(all.streamed, 0.);
        const Fit less = fitOn(machineWith(sizes.stored.all() + 799), arch, sizes, 1);
        QCOMPARE(*less.residents, 5.);
        QVERIFY(*less.decode > *all.decode);
    }

    void nothingToSay()
    {
        const ArchSpec arch = smallModel();
        const Sizes sizes = sizesOfSmall(arch);
        const Fit unknown = fitOn(machineWith(0), arch, sizes, 1);
        QVERIFY(!unknown.decode && !unknown.notModelled.empty());
        const Fit tooSmall = fitOn(machineWith(1000), arch, sizes, 1);
        QVERIFY(!tooSmall.residents && !tooSmall.decode && !tooSmall.notModelled.empty());
        const Fit bare = fitOn(machineWith(tooSmall.fixed), arch, sizes, 1);
        QCOMPARE(*bare.residents, 0.);
        QVERIFY(bare.decode);
    }
};

EXPERTSCOPE_TEST(TestFit)
#include "tst_fit.moc"
