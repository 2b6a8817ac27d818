// SPDX-License-Identifier: GPL-3.0-or-later
//
// Parts together are the whole.
#include "analysis/results/json_writer.h"
#include "analysis/study/shards.h"
#include "analysis/study/trace_analysis.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"

#include <QTemporaryDir>

#include <sstream>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

class TestShards : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path at(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }

private slots:
    void partsAreTheWhole()
    {
        writeTraceM(m_folder.filePath("trace.h5"));
        const auto study = Study::open({at("trace.h5")});
        QVERIFY(study);
        AnalysisOptions options;
        options.metrics = {"load", "balance", "srp"};
        options.by = "language";
        options.where = {"half=first"};
        options.bootstrap = 5;
        const auto checked = checkOptions(options, 1, true);
        QVERIFY(checked);
        std::vector<std::filesystem::path> parts;
        for (unsigned i = 0; i < 3; ++i) {
            const auto shard = analyseShard(**study, *checked, {i, 3});
            QVERIFY2(shard, shard ? "" : shard.error().message().c_str());
            parts.push_back(at("part" + std::to_string(i)));
            QVERIFY(writeShardFile({parts.back(), shardKind(), {}, false}, *shard));
        }
        std::ranges::reverse(parts);
        const auto first = checkParts(parts);
        QVERIFY2(first, first ? "" : first.error().message().c_str());
        QCOMPARE(first->options.metrics, options.metrics);
        QVERIFY(first->state.empty());
        const auto asked = requestOf(*first);
        QVERIFY(asked && asked->named);
        const auto merged = mergeParts(**study, *asked, *first, parts);
        QVERIFY2(merged, merged ? "" : merged.error().message().c_str());
        std::ostringstream whole, together;
        writeResultsJson(whole, {{}, *analyseTraces(**study, *checked)});
        writeResultsJson(together, {{}, *merged});
        QVERIFY(whole.str().size() > 1000);
        QCOMPARE(together.str(), whole.str());

        const auto error = [&](std::vector<std::filesystem::path> some) { return checkParts(some).error().message(); };
        QVERIFY(error({parts[0], parts[2]}).ends_with("of 3 these are missing: 2"));
        QVERIFY(error({parts[2]}).ends_with("of 3 these are missing: 2-3"));
        QVERIFY(error({parts[0], parts[1], parts[0]}).find("is part 3 again") != std::string::npos);
        writeTraceM(m_folder.filePath("other.h5"), 'U');
        const auto other = Study::open({at("other.h5")});
        QVERIFY(mergeParts(**other, *asked, *first, parts).error().message().find("is not the trace that the parts are of")
            != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestShards)
#include "tst_shards.moc"
