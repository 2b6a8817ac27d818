// SPDX-License-Identifier: GPL-3.0-or-later
//
// Documents that are longer than what is computed at once: the same routing as in one piece, and a stop that is seen in
// the middle of one.
#include "io/backend/decoder.h"
#include "io/backend/thread_pool.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <thread>

using namespace expertscope;

namespace {

constexpr std::uint64_t kWhole = 1 << 20;

PackedBatch document(std::uint32_t length, std::int64_t vocabulary)
{
    PackedBatch batch;
    std::mt19937 random(7);
    for (std::uint32_t t = 0; t < length; ++t)
        batch.tokenIds.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(vocabulary)));
    batch.lengths = {length};
    return batch;
}

Expected<Checkpoint> checkpoint(const QString& name)
{
    return Checkpoint::open((QString(EXPERTSCOPE_TEST_DATA "/checkpoints/") + name).toStdString());
}

Expected<BatchRouting> route(
    const Checkpoint& model, const PackedBatch& batch, std::uint64_t partTokens, bool generic = false)
{
    DecoderOptions options;
    options.threads = 2;
    options.partTokens = partTokens;
    options.generic = generic;
    options.loss = true;
    ES_ASSIGN(const auto decoder, Decoder::load(model, options));
    ES_ASSIGN(const bool computed, decoder->submit(batch));
    BatchRouting routing;
    ES_ASSIGN(const bool there, decoder->collect(routing));
    if (!computed || !there)
        return fail("stopped");
    return routing;
}

template <class T> bool samePrefix(const std::vector<T>& a, const std::vector<T>& b, std::size_t count)
{
    return a.size() >= count && b.size() >= count && std::memcmp(a.data(), b.data(), count * sizeof(T)) == 0;
}

}

class TestLongDocuments : public QObject
{
    Q_OBJECT
private slots:
    void inParts_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("generic");
        for (const char* name : {"olmoe-plain", "qwen2_moe-plain", "qwen3_moe-bias-mlponly-old", "qwen3_moe-window",
                 "mixtral-window-headdim-sharded", "mixtral-longrope-mqa-old", "gpt_oss-plain", "deepseek_v3-plain-yarn",
                 "flex_olmo-plain", "hunyuan_v1_moe-plain", "qwen3_next-plain", "qwen3_next-types-unnormalised-kernel2",
                 "qwen3_next-wide-values-fused-fp16", "qwen3_5_moe-text-plain", "lfm2_moe-plain",
                 "lfm2_moe-bias-kernel4-untied", "kimi_linear-plain", "kimi_linear-linear-alone-fp32",
                 "granitemoehybrid-plain"}) {
            QTest::newRow(name) << name << false;
            QTest::addRow("%s (operators)", name) << name << true;
        }
    }

    void inParts()
    {
        QFETCH(QString, name);
        QFETCH(bool, generic);
        const auto model = checkpoint(name);
        VERIFY_OK(model);
        const PackedBatch batch = document(1500, model->arch().vocabSize);
        const auto whole = route(*model, batch, kWhole, generic), parts = route(*model, batch, 100, generic);
        VERIFY_OK(whole);
        VERIFY_OK(parts);
        QCOMPARE(parts->expertIds.size(), whole->expertIds.size());
        const std::size_t cells = whole->margin.size(), k = whole->expertIds.size() / cells;
        std::size_t different = 0;
        for (std::size_t cell = 0; cell < cells; ++cell) {
            const auto ids = [&](const BatchRouting& r) {
                std::vector<std::uint16_t> sorted(r.expertIds.begin() + std::ptrdiff_t(cell * k),
                    r.expertIds.begin() + std::ptrdiff_t((cell + 1) * k));
                std::sort(sorted.begin(), sorted.end());
                return sorted;
            };
            if (ids(*whole) != ids(*parts)) {
                ++different;
                QVERIFY2(whole->margin[cell] < 1e-5f, "experts differ where there is no tie");
                continue;
            }
            for (std::size_t slot = 0; slot < k; ++slot)
                QVERIFY(std::abs(parts->weights[cell * k + slot] - whole->weights[cell * k + slot]) <= 1e-5f);
            QVERIFY(std::abs(parts->entropy[cell] - whole->entropy[cell]) <= 1e-4f);
        }
        QVERIFY(double(different) <= 2e-4 * double(cells));
        for (std::size_t t = 0; t + 1 < whole->loss.size(); ++t)
            QVERIFY(std::abs(parts->loss[t] - whole->loss[t]) <= 1e-3f);
        QVERIFY(std::isnan(parts->loss.back()));
    }

    /// Layers that carry a state from part to part, where parts end within sequences, at their ends, and hold several; and
    /// parts of fewer tokens than a convolution sees.
    void sequencesInParts_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("generic");
        QTest::addColumn<int>("partTokens");
        for (const char* name : {"qwen3_next-plain", "qwen3_next-wide-values-fused-fp16", "lfm2_moe-bias-kernel4-untied",
                 "kimi_linear-plain", "granitemoehybrid-rope-groups-biases-old-names"}) {
            for (const int partTokens : {2, 60, 150}) {
                QTest::addRow("%s %d", name, partTokens) << name << false << partTokens;
                QTest::addRow("%s %d (operators)", name, partTokens) << name << true << partTokens;
            }
        }
    }

    void sequencesInParts()
    {
        QFETCH(QString, name);
        QFETCH(bool, generic);
        QFETCH(int, partTokens);
        const auto model = checkpoint(name);
        VERIFY_OK(model);
        PackedBatch batch = document(330, model->arch().vocabSize);
        batch.lengths = {170, 1, 9, 40, 2, 80, 28};
        const auto whole = route(*model, batch, kWhole, generic);
        const auto parts = route(*model, batch, static_cast<std::uint64_t>(partTokens), generic);
        VERIFY_OK(whole);
        VERIFY_OK(parts);
        QCOMPARE(parts->expertIds, whole->expertIds);
        for (std::size_t i = 0; i < whole->weights.size(); ++i)
            QVERIFY(std::abs(parts->weights[i] - whole->weights[i]) <= 1e-5f);
        // And each sequence as it is routed alone.
        std::size_t first = 0;
        const std::size_t perToken = whole->expertIds.size() / batch.tokenIds.size();
        for (const std::uint32_t length : batch.lengths) {
            PackedBatch alone;
            alone.tokenIds.assign(batch.tokenIds.begin() + std::ptrdiff_t(first),
                batch.tokenIds.begin() + std::ptrdiff_t(first + length));
            alone.lengths = {length};
            const auto one = route(*model, alone, kWhole, generic);
            VERIFY_OK(one);
            QVERIFY(std::equal(one->expertIds.begin(), one->expertIds.end(),
                parts->expertIds.begin() + std::ptrdiff_t(first * perToken)));
            first += length;
        }
    }

    /// From 8,192 tokens on the keys of a head are packed once for all queries. That changes no bit: the tokens of a
    /// shorter document, which are a prefix of the longer one, are routed just as they are there.
    void sharedKeys_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"olmoe-plain", "qwen3_moe-plain"})
            QTest::newRow(name) << name;
    }

    void sharedKeys()
    {
        QFETCH(QString, name);
        const auto model = checkpoint(name);
        VERIFY_OK(model);
        const PackedBatch longer = document(8292, model->arch().vocabSize);
        PackedBatch shorter = longer;
        shorter.tokenIds.resize(8191);
        shorter.lengths = {8191};
        const auto a = route(*model, longer, 512), b = route(*model, shorter, 512);
        VERIFY_OK(a);
        VERIFY_OK(b);
        const std::size_t cells = 15 * 512 * a->margin.size() / a->numTokens; // whole parts
        const std::size_t k = a->expertIds.size() / a->margin.size();
        QVERIFY(samePrefix(a->expertIds, b->expertIds, cells * k));
        QVERIFY(samePrefix(a->weights, b->weights, cells * k));
        QVERIFY(samePrefix(a->entropy, b->entropy, cells));
        QVERIFY(samePrefix(a->margin, b->margin, cells));
    }

    void stop_data()
    {
        QTest::addColumn<bool>("generic");
        QTest::newRow("fused") << false;
        QTest::newRow("operators") << true;
    }

    /// Some seconds of attention, given up in the middle of it.
    void stop()
    {
        QFETCH(bool, generic);
        const auto model = checkpoint("olmoe-plain");
        VERIFY_OK(model);
        std::atomic<bool> stop{false};
        double advanced = 0;
        DecoderOptions options;
        options.threads = 2;
        options.generic = generic;
        options.stop = &stop;
        options.advanced = [&](double fraction) { advanced = fraction; };
        const auto decoder = Decoder::load(*model, options);
        VERIFY_OK(decoder);
        const PackedBatch batch = document(40000, model->arch().vocabSize);
        QElapsedTimer sinceStop;
        std::jthread user([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(400));
            sinceStop.start();
            stop = true;
        });
        const auto computed = (*decoder)->submit(batch);
        VERIFY_OK(computed);
        QVERIFY2(!*computed, "it was too fast to be stopped");
        QVERIFY2(sinceStop.elapsed() < 1000, qPrintable(QString::number(sinceStop.elapsed())));
        QVERIFY(advanced < 1);
    }

    void poolLeavesOut()
    {
        std::atomic<bool> stop{false};
        ThreadPool pool(3, &stop);
        std::atomic<int> done{0};
        pool.run(100, [&](std::int64_t, int) { ++done; });
        QCOMPARE(done.load(), 100);
        pool.run(1000000, [&](std::int64_t, int) {
            if (++done == 200)
                stop = true;
        });
        QVERIFY(done >= 200 && done <= 203);
        pool.run(10, [&](std::int64_t, int) { done = -1; });
        QVERIFY(done > 0);
    }
};

EXPERTSCOPE_TEST(TestLongDocuments)
#include "tst_long_documents.moc"
