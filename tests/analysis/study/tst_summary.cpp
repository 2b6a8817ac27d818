// SPDX-License-Identifier: GPL-3.0-or-later
//
// A summary answers as its trace does; what it does not hold, and what is damaged, it says.
#include "analysis/metrics/registry.h"
#include "analysis/study/summary.h"
#include "analysis/study/summary_shape.h"
#include "io/base/named.h"
#include "tests/support/rows.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTemporaryDir>

#include <sys/stat.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Study scored()
{
    const auto trace = scoredTrace(4, 16, 120);
    NamedTrace named;
    named.path = "trace.h5";
    named.name = "trace";
    named.source = trace;
    named.summary.uuid = "5f0c3f0e";
    named.summary.complete = true;
    named.summary.provenance.modelId = "a model";
    named.summary.provenance.configJson = "{\"a\": \"\xc3\xa9\"}";
    named.summary.provenance.attributes = {{"device", "cpu"}};
    return Study({named});
}

bool says(const std::string& message, const char* word)
{
    return message.find(word) != std::string::npos;
}

}

class TestSummary : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Study> m_trace;
    std::shared_ptr<const Study> m_summary;

    std::filesystem::path file() const { return m_dir.filePath("s.h5").toStdString(); }
    Output output(const QString& name) const { return {m_dir.filePath(name).toStdString(), summaryKind(), {}, false}; }

private slots:
    void initTestCase()
    {
        m_trace = std::make_unique<Study>(scored());
        const auto report = writeSummary(*m_trace, 0, {}, output("s.h5"));
        VERIFY_OK(report);
        QCOMPARE(report->selections, 6u); // all, three languages, two texts
        QVERIFY(report->answers > 100 && report->leftOut.empty());
        const auto opened = Study::open({file()});
        VERIFY_OK(opened);
        m_summary = *opened;
    }

    void shapeGoesThere()
    {
        const RoutingShape &a = m_trace->shape(), &b = m_summary->shape();
        QVERIFY(a.sites == b.sites && a.columns == b.columns);
        QCOMPARE(b.numTokens, a.numTokens);
        QCOMPARE(b.numExperts, 16);
        QCOMPARE(b.sequences.size(), a.sequences.size());
        for (std::size_t s = 0; s < a.sequences.size(); ++s) {
            QVERIFY(a.sequences[s].begin == b.sequences[s].begin && a.sequences[s].length == b.sequences[s].length
                && a.sequences[s].promptLength == b.sequences[s].promptLength && a.sequences[s].name == b.sequences[s].name);
        }
        QCOMPARE(b.labels.size(), 2u);
        QVERIFY(a.labels[0].values == b.labels[0].values && a.labels[1].codes == b.labels[1].codes);
        const TraceSummary& summary = m_summary->traces()[0].summary;
        QCOMPARE(summary.uuid, std::string("5f0c3f0e"));
        QVERIFY(summary.complete && summary.provenance.attributes.at("device") == "cpu");
        QCOMPARE(summary.provenance.configJson, std::string("{\"a\": \"\xc3\xa9\"}"));
    }

    void answersAreThoseOfTheTrace()
    {
        std::vector<MetricQuestion> questions = summaryQuestions(m_trace->shape(), {});
        for (const char* label : {"language", "parallel"})
            std::ranges::move(summaryQuestions(m_trace->shape(), label), std::back_inserter(questions));
        std::size_t rows = 0;
        for (const MetricQuestion& question : questions) {
            const auto asked = m_trace->metrics(0, question), found = m_summary->metrics(0, question);
            VERIFY_OK(asked);
            VERIFY_OK(found);
            for (std::size_t m = 0; m < asked->size(); ++m) {
                QVERIFY2(identical(*(*asked)[m], *(*found)[m]), question.metrics[m].name.c_str());
                for (std::size_t r = 0; r < (*asked)[m]->rows.size(); ++r)
                    QCOMPARE((*asked)[m]->rows[r].extreme, (*found)[m]->rows[r].extreme);
                rows += (*asked)[m]->rows.size();
            }
        }
        QVERIFY(rows > 10000);
        const auto load = m_summary->load(0, {});
        VERIFY_OK(load);
        QVERIFY((*load)->counts == (*m_trace->load(0, {}))->counts && (*load)->tokens == (*m_trace->load(0, {}))->tokens);
        QCOMPARE(m_summary->extentOf(0, {})->tokens, m_trace->shape().numTokens);
    }

    /// Of some sites: the rows of the answer about all of them, which are those of the trace asked about these.
    void sitesAreTakenOutOfAll()
    {
        std::string differ;
        for (const std::vector<SiteIndex>& sites : {std::vector{SiteIndex(2)}, std::vector{SiteIndex(1), SiteIndex(2)}}) {
            for (const MetricSpec& spec : metricRegistry()) {
                if (spec.minTraces > 1)
                    continue;
                MetricQuestion question{{{spec.name}}, {}, spec.needsLabel ? "language" : ""};
                question.scope.sites = sites;
                const auto asked = m_trace->metrics(0, question), found = m_summary->metrics(0, question);
                VERIFY_OK(asked);
                if (!found && (spec.name == "predict" || spec.name == "path" || spec.name == "mc_smoe"))
                    continue; // of other sites they say other things of these
                VERIFY_OK(found);
                Results own = *asked->front();
                std::erase_if(own.rows, [](const ResultRow& row) { return !row.site; });
                std::erase_if(own.matrices, [](const ResultMatrix& matrix) { return !matrix.site; });
                if (!identical(own, *found->front()))
                    differ += ' ' + spec.name;
            }
        }
        QVERIFY2(differ.empty(), differ.c_str());
    }

    void whatItLacksIsSaid()
    {
        MetricQuestion question{{{"load"}}, {}, {}};
        question.scope.chose = {{SiteIndex(0), ExpertIndex(1)}};
        const auto picked = m_summary->metrics(0, question);
        QVERIFY(!picked && says(picked.error().message(), "summary") && says(picked.error().message(), "s.h5"));
        question = {{{"srp", {{"m", "7"}}}}, {}, {}};
        const auto other = m_summary->metrics(0, question);
        QVERIFY(!other && says(other.error().message(), "does not hold this: srp"));
        question.metrics.push_back({"load"});
        const auto some = m_summary->metrics(0, question);
        VERIFY_OK(some);
        QVERIFY(says((*some)[0]->rows.front().undefined, "summary") && (*some)[1]->rows.size() > 16);
        question = {{{"load"}}, {}, {}};
        question.scope.where = {{"language", "xx"}};
        QVERIFY(says(m_summary->metrics(0, question).error().message(), "xx"));
        BlockBuffer buffer;
        QVERIFY(!m_summary->traces()[0].source->read(SiteIndex(0), {TokenIndex(0), TokenIndex(1)}, {}, buffer));
        const auto again = writeSummary(*m_summary, 0, {}, output("t.h5"));
        QVERIFY(!again && says(again.error().message(), "already") && !QFile::exists(m_dir.filePath("t.h5")));
        const auto label = writeSummary(*m_trace, 0, {.labels = {"langauge"}}, output("t.h5"));
        QVERIFY(!label && says(label.error().message(), "language"));
    }

    void labelsAreChosen()
    {
        const auto none = writeSummary(*m_trace, 0, {{}, true}, output("none.h5"));
        VERIFY_OK(none);
        QCOMPARE(none->selections, 1u);
        const auto one = writeSummary(*m_trace, 0, {.labels = {"parallel"}}, output("one.h5"));
        VERIFY_OK(one);
        QCOMPARE(one->selections, 3u);
        // The same again replaces its like; a stranger's file stays.
        VERIFY_OK(writeSummary(*m_trace, 0, {{}, true}, output("one.h5")));
        QFile other(m_dir.filePath("other.h5"));
        QVERIFY(other.open(QIODevice::WriteOnly) && other.write("mine") == 4);
        other.close();
        QVERIFY(!writeSummary(*m_trace, 0, {}, output("other.h5")));
        QVERIFY(other.open(QIODevice::ReadOnly) && other.readAll() == "mine");
        bool went = false;
        const auto cancelled = writeSummary(*m_trace, 0, {}, output("never.h5"), [&](double) { return went = true, false; });
        QVERIFY(!cancelled && cancelled.error().what == kCancelled && went && !QFile::exists(m_dir.filePath("never.h5")));
    }

    /// Whoever opens a path asks what it is: a pipe that nobody writes into must not hold that up.
    void aPipeIsNone()
    {
        const std::string pipe = m_dir.filePath("pipe.h5").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QVERIFY(!isSummary(pipe));
        const auto study = Study::open({pipe});
        QVERIFY(!study && says(study.error().message(), "is not a regular file"));
    }

    /// Cut or changed anywhere: an error or the very same answers, never something else.
    void damageIsSaid()
    {
        QVERIFY(QFile::exists(m_dir.filePath("none.h5")));
        QFile whole(m_dir.filePath("none.h5"));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray bytes = whole.readAll();
        const MetricQuestion question{{{"load"}, {"affinity"}, {"balance"}}, {}, {}};
        const auto right = m_trace->metrics(0, question);
        const QString path = m_dir.filePath("damaged.h5");
        int refused = 0;
        const auto trial = [&](const QByteArray& contents) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(contents) == contents.size());
            file.close();
            const auto study = Study::open({path.toStdString()});
            if (!study) {
                ++refused;
                QVERIFY(says(study.error().message(), "damaged.h5"));
                return;
            }
            const auto answers = (*study)->metrics(0, question);
            refused += !answers;
            if (answers && (*study)->shape().numTokens == m_trace->shape().numTokens) {
                for (std::size_t m = 0; m < 3; ++m)
                    QVERIFY(identical(*(*answers)[m], *(*right)[m]));
            }
        };
        for (qsizetype at = 0; at < bytes.size(); at += bytes.size() / 41)
            trial(bytes.left(at));
        QVERIFY(refused > 35);
        for (qsizetype at = 7; at < bytes.size(); at += bytes.size() / 97) {
            QByteArray changed = bytes;
            changed[at] = char(changed[at] ^ 0x10);
            trial(changed);
        }
    }

    void shapesThatLie_data()
    {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("by");
        QTest::addColumn<QByteArray>("error");
        QTest::newRow("tokens") << QByteArray("\"tokens\":720") << QByteArray("\"tokens\":721") << QByteArray("720 tokens of 721");
        QTest::newRow("no tokens") << QByteArray("\"tokens\":720") << QByteArray("\"tokens\":\"x\"") << QByteArray("tokens");
        QTest::newRow("experts") << QByteArray("\"experts\":16") << QByteArray("\"experts\":1") << QByteArray("top_k");
        QTest::newRow("negative") << QByteArray("\"layer\":1") << QByteArray("\"layer\":-1") << QByteArray("sites[0].layer");
        QTest::newRow("kind") << QByteArray("\"kind\":0") << QByteArray("\"kind\":9") << QByteArray("sites[0].kind");
        QTest::newRow("slots") << QByteArray("\"slots\":2") << QByteArray("\"slots\":1") << QByteArray("slots");
        QTest::newRow("column") << QByteArray("\"entropy\"") << QByteArray("\"entropie\"") << QByteArray("entropie");
        QTest::newRow("label twice") << QByteArray("\"name\":\"parallel\"") << QByteArray("\"name\":\"language\"") << QByteArray("twice");
        QTest::newRow("code") << QByteArray("\"codes\":[0") << QByteArray("\"codes\":[7") << QByteArray("codes");
        QTest::newRow("codes") << QByteArray("\"codes\":[0,") << QByteArray("\"codes\":[") << QByteArray("codes");
        QTest::newRow("lengths") << QByteArray("\"length\":[120,") << QByteArray("\"length\":[") << QByteArray("length");
        QTest::newRow("prompt") << QByteArray("\"prompt_length\":[120") << QByteArray("\"prompt_length\":[121") << QByteArray("length");
        QTest::newRow("attributes") << QByteArray("\"device\":\"cpu\"") << QByteArray("\"device\":1") << QByteArray("attributes");
        QTest::newRow("uuid") << QByteArray("\"uuid\"") << QByteArray("\"uid\"") << QByteArray("uuid");
        QTest::newRow("syntax") << QByteArray("\"uuid\":") << QByteArray("\"uuid\"") << QByteArray("s.h5");
    }
    void shapesThatLie()
    {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, by);
        QFETCH(QByteArray, error);
        QByteArray text
            = QByteArray::fromStdString(summaryShapeText(m_trace->traces()[0].summary, m_trace->shape()));
        VERIFY_OK(readSummaryShape(text.toStdString(), "s.h5"));
        const qsizetype at = text.indexOf(what);
        QVERIFY2(at >= 0, text.left(600));
        const auto read = readSummaryShape(text.replace(at, what.size(), by).toStdString(), "s.h5");
        QVERIFY(!read);
        QVERIFY2(says(read.error().message(), error.constData()), read.error().message().c_str());
    }
};

EXPERTSCOPE_TEST(TestSummary)
#include "tst_summary.moc"
