// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is computed together must not show in what is recorded.
#include "io/backend/batching.h"
#include "io/backend/decoder.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include "golden.h"

#include <QTest>

#include <cmath>
#include <random>
#include <set>

using namespace expertscope;

class TestBatching : public QObject
{
    Q_OBJECT
private slots:
    void planCoversAllOnceInOrder()
    {
        std::mt19937 generator(3);
        for (int round = 0; round < 300; ++round) {
            std::vector<std::uint32_t> lengths(1 + generator() % 60);
            for (auto& l : lengths)
                l = 1 + generator() % (round % 3 == 0 ? 5000 : 300);
            const std::uint64_t batchTokens = 1 + generator() % 2000;
            const std::uint32_t windowBatches = 1 + generator() % 8;
            const auto windows = planBatches(lengths, batchTokens, windowBatches);
            std::uint32_t next = 0;
            std::uint64_t token = 0;
            for (const auto& w : windows) {
                QCOMPARE(w.first, next);
                QCOMPARE(w.firstToken, token);
                std::set<std::uint32_t> seen;
                std::uint64_t total = 0;
                for (const auto& batch : w.batches) {
                    std::uint64_t tokens = 0;
                    for (const auto s : batch) {
                        QVERIFY(s >= w.first && s < w.end && seen.insert(s).second);
                        tokens += lengths[s];
                    }
                    QVERIFY(!batch.empty());
                    QVERIFY(tokens <= batchTokens || batch.size() == 1);
                    total += tokens;
                }
                QCOMPARE(seen.size(), std::size_t{w.end - w.first});
                QCOMPARE(total, w.numTokens);
                QVERIFY(w.numTokens <= batchTokens * windowBatches || w.end - w.first == 1);
                next = w.end;
                token += w.numTokens;
            }
            QCOMPARE(next, static_cast<std::uint32_t>(lengths.size()));
        }
        QVERIFY(planBatches({}, 100, 2).empty());
    }

    void compositionDoesNotShow_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("generic");
        for (const char* name : {"olmoe-plain", "mixtral-window-headdim-sharded",
                 "qwen2_moe-dynamic-relu6-fp16-sharded", "qwen3_moe-longrope-fp16"}) {
            QTest::addRow("%s", name) << name << false;
            QTest::addRow("%s operators", name) << name << true;
        }
    }

    /// Ids equal wherever the margin is above rounding, whatever else is in the batch and in whatever order.
    void compositionDoesNotShow()
    {
        QFETCH(QString, name);
        QFETCH(bool, generic);
        const QString folder = QString(EXPERTSCOPE_TEST_DATA "/checkpoints/") + name;
        const Golden golden(folder);
        const auto ids = golden.values<std::int32_t>("input_ids");
        const auto lengths = golden.values<std::int32_t>("sequence_length");
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        VERIFY_OK(checkpoint);
        DecoderOptions options;
        options.threads = 2;
        options.generic = generic;
        const auto decoder = Decoder::load(*checkpoint, options);
        VERIFY_OK(decoder);
        std::vector<std::size_t> start;
        std::size_t end = 0;
        for (const auto l : lengths) {
            start.push_back(end);
            end += static_cast<std::size_t>(l);
        }
        const auto run = [&](const std::vector<std::size_t>& sequences, BatchRouting& out) {
            PackedBatch batch;
            for (const auto s : sequences) {
                batch.lengths.push_back(static_cast<std::uint32_t>(lengths[s]));
                batch.tokenIds.insert(batch.tokenIds.end(), ids.begin() + static_cast<std::ptrdiff_t>(start[s]),
                    ids.begin() + static_cast<std::ptrdiff_t>(start[s] + static_cast<std::size_t>(lengths[s])));
            }
            QVERIFY((*decoder)->submit(batch));
            QVERIFY((*decoder)->collect(out));
        };
        std::vector<std::size_t> all, reversed;
        for (std::size_t s = 0; s < lengths.size(); ++s)
            all.push_back(s);
        reversed.assign(all.rbegin(), all.rend());
        BatchRouting whole, other;
        run(all, whole);
        const std::size_t row = whole.expertIds.size() / ids.size(), sites = (*decoder)->sites().size(),
                          k = row / sites;
        std::size_t compared = 0, different = 0;
        const auto compare = [&](std::size_t sequence, std::size_t at) {
            for (std::size_t t = 0; t < static_cast<std::size_t>(lengths[sequence]); ++t) {
                for (std::size_t m = 0; m < sites; ++m) {
                    const std::size_t a = (start[sequence] + t) * sites + m, b = (at + t) * sites + m;
                    ++compared;
                    std::set<std::uint16_t> x(&whole.expertIds[a * k], &whole.expertIds[a * k] + k),
                        y(&other.expertIds[b * k], &other.expertIds[b * k] + k);
                    if (x != y) {
                        ++different;
                        QVERIFY(whole.margin[a] <= 1e-5f * whole.weights[a * k]);
                    } else {
                        QVERIFY(std::abs(whole.weights[a * k] - other.weights[b * k]) < 3e-5f);
                    }
                }
            }
        };
        run(reversed, other);
        std::size_t at = 0;
        for (const auto s : reversed) {
            compare(s, at);
            at += static_cast<std::size_t>(lengths[s]);
        }
        for (const auto s : all) {
            run({s}, other);
            compare(s, 0);
        }
        QCOMPARE(compared, 2 * ids.size() * sites);
        QVERIFY(different <= compared / 5000);

        // Run again, and with another number of threads: the same bits.
        run(all, other);
        QVERIFY(other.expertIds == whole.expertIds && other.weights == whole.weights);
        if (!generic) {
            options.threads = 1;
            const auto alone = Decoder::load(*checkpoint, options);
            PackedBatch batch;
            batch.tokenIds = ids;
            batch.lengths.assign(lengths.begin(), lengths.end());
            QVERIFY((*alone)->submit(batch));
            QVERIFY((*alone)->collect(other));
            QVERIFY(
                other.expertIds == whole.expertIds && other.weights == whole.weights && other.entropy == whole.entropy);
        }
    }

    /// A recorded subset is the subset of what is recorded; nothing after its last router is needed.
    void sitesAreASubset()
    {
        const QString folder = EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain";
        const Golden golden(folder);
        PackedBatch batch;
        batch.tokenIds = golden.values<std::int32_t>("input_ids");
        for (const auto l : golden.values<std::int32_t>("sequence_length"))
            batch.lengths.push_back(static_cast<std::uint32_t>(l));
        const auto checkpoint = Checkpoint::open(folder.toStdString());
        BatchRouting whole, part;
        DecoderOptions options;
        const auto all = Decoder::load(*checkpoint, options);
        QVERIFY((*all)->submit(batch));
        QVERIFY((*all)->collect(whole));
        options.sites = {1};
        const auto one = Decoder::load(*checkpoint, options);
        QVERIFY((*one)->submit(batch));
        QVERIFY((*one)->collect(part));
        const std::size_t sites = (*all)->sites().size(), k = (*all)->numSlots();
        QCOMPARE(part.expertIds.size() * sites, whole.expertIds.size());
        for (std::size_t t = 0; t < batch.tokenIds.size(); ++t) {
            for (std::size_t s = 0; s < k; ++s)
                QCOMPARE(part.expertIds[t * k + s], whole.expertIds[(t * sites + 1) * k + s]);
        }
        QVERIFY((*one)->weightBytes() < (*all)->weightBytes());
        options.sites = {7};
        const auto none = Decoder::load(*checkpoint, options);
        QVERIFY(!none && none.error().message().find("--sites") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestBatching)
#include "tst_batching.moc"
