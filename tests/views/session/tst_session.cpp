// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_chart.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"
#include "tests/support/verify.h"
#include "views/session/session.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A trace that is not read before it may be.
class HeldTrace final : public BlockSource
{
public:
    HeldTrace(std::shared_ptr<MemoryTrace> trace, std::shared_ptr<const std::atomic<bool>> mayRead)
        : m_trace(std::move(trace))
        , m_mayRead(std::move(mayRead))
    {
    }
    const RoutingShape& shape() const override { return m_trace->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        while (!*m_mayRead)
            QThread::msleep(1);
        return m_trace->read(site, range, wanted, buffer);
    }

private:
    const std::shared_ptr<MemoryTrace> m_trace;
    const std::shared_ptr<const std::atomic<bool>> m_mayRead;
};

}

class TestSession : public QObject
{
    Q_OBJECT

    using Counter = std::shared_ptr<std::atomic<int>>;
    std::shared_ptr<MemoryTrace> m_trace;
    std::unique_ptr<Session> m_session;
    Counter m_first, m_second;
    ChartSpec m_one, m_two;
    const FilterStep m_german{LabelFilter{"language", "de"}};

    struct Heard
    {
        int times = 0;
        std::optional<Error> error;
        std::vector<std::uint64_t> counts;
    };
    void ask(
        QObject* asker, const ChartSpec& chart, Heard& heard, const std::map<std::string, std::string>& options = {})
    {
        const auto params = Parameters::check({chart.options.begin(), chart.options.end()}, options).value();
        m_session->ask(asker, chart, m_session->question(params), [&heard](const Expected<ChartDataPtr>& data) {
            ++heard.times;
            if (data)
                heard.counts = static_cast<const FakeData&>(**data).counts;
            else
                heard.error = data.error();
        });
    }
    void open(const QString& path = "small.h5")
    {
        QSignalSpy changed(m_session.get(), &Session::openingChanged);
        m_session->open({path});
        QTRY_VERIFY(m_session->opening().isEmpty());
    }

private slots:
    void init()
    {
        m_trace = smallTrace();
        m_first = std::make_shared<std::atomic<int>>(0);
        m_second = std::make_shared<std::atomic<int>>(0);
        m_one = fakeChart("one", "balance", m_first);
        m_two = fakeChart("two", "coactivation", m_second);
        m_session = std::make_unique<Session>(
            [trace = m_trace](const std::vector<std::filesystem::path>& paths) -> Expected<StudyPtr> {
                const std::string path = paths.front().string();
                if (path.find("broken") != std::string::npos)
                    return fail("not an HDF5 file", path);
                if (path.find("empty") != std::string::npos)
                    return studyOf(std::make_shared<MemoryTrace>(std::size_t(0), std::uint16_t(0), std::uint16_t(0)));
                if (path.find("slow") != std::string::npos)
                    return studyOf(std::make_shared<SlowSource>(smallTrace(300), 20), "slow");
                return studyOf(trace);
            });
    }

    void failedOpensKeepWhatWasShown()
    {
        QSignalSpy opened(m_session.get(), &Session::opened), failed(m_session.get(), &Session::failed);
        open("broken.h5");
        QVERIFY(!m_session->study());
        QCOMPARE(failed.size(), 1);
        QCOMPARE(m_session->error()->message(), std::string("broken.h5: not an HDF5 file"));
        open();
        QCOMPARE(opened.size(), 1);
        QVERIFY(!m_session->error());
        m_session->filters().add(m_german);
        const StudyPtr before = m_session->study();
        for (const char* bad : {"broken.h5", "empty.h5"}) {
            open(bad);
            QVERIFY(m_session->error());
            QCOMPARE(m_session->study(), before);
            QCOMPARE(m_session->paths(), QStringList("small.h5"));
            QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
        }
        m_session->dismissError();
        QVERIFY(!m_session->error());
    }

    void reloadingKeepsTheFiltersAnotherTraceDoesNot()
    {
        open();
        m_session->filters().add(m_german);
        m_session->reload();
        QTRY_VERIFY(m_session->opening().isEmpty());
        QCOMPARE(m_session->filters().steps().size(), std::size_t(1));
        QVERIFY(m_session->undo().canUndo());
        open("other.h5");
        QVERIFY(m_session->filters().steps().empty());
        QVERIFY(!m_session->undo().canUndo());
    }

    void aNewerOpenWins()
    {
        QSignalSpy opened(m_session.get(), &Session::opened);
        m_session->open({"slow.h5"});
        open();
        QThreadPool::globalInstance()->waitForDone();
        QTest::qWait(20);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(m_session->study()->traces()[0].name, std::string("small"));
        m_session->open({"other.h5"});
        m_session->cancelOpening();
        QTest::qWait(50);
        QCOMPARE(opened.size(), 1);
    }

    void ofALongAnswerASampleComesFirst()
    {
        m_trace = traceOfManySequences();
        // Nothing is read before the sample is asked for: else all may be known by then, and no sample is needed.
        const auto mayRead = std::make_shared<std::atomic<bool>>(false);
        m_session = std::make_unique<Session>([trace = m_trace, mayRead](const auto&) -> Expected<StudyPtr> {
            NamedTrace held = studyOf(trace)->traces()[0];
            held.source = std::make_shared<HeldTrace>(trace, mayRead);
            return std::make_shared<const Study>(std::vector{held});
        });
        m_session->setPatience(1e-6);
        open();
        std::atomic<bool> goOn = false;
        m_one.compute = [&goOn, mayRead, compute = m_one.compute](
                            const Study& study, const ChartQuestion& question, const Progress& progress) {
            if (question.scope.sample > 0)
                *mayRead = true;
            while (question.scope.sample == 0 && !goOn && progress(0))
                QThread::msleep(1);
            return compute(study, question, progress);
        };
        QObject asker;
        const auto params = Parameters::check({m_one.options.begin(), m_one.options.end()}, {}).value();
        struct
        {
            std::vector<std::uint32_t> samples;
            std::vector<std::uint64_t> sampled, counts;
        } heard;
        const auto ask = [&](const ChartQuestion& question) {
            heard = {};
            m_session->ask(&asker, m_one, question,
                [&](const Expected<ChartDataPtr>& data) { heard.counts = static_cast<const FakeData&>(**data).counts; },
                [&](const ChartQuestion& sample, const ChartDataPtr& data) {
                    heard.samples.push_back(sample.scope.sample);
                    heard.sampled = static_cast<const FakeData&>(*data).counts;
                });
        };
        // What is counted of the same sequences by themselves.
        const auto countsOf = [&](const Scope& scope) {
            const LoadTablePtr table = *studyOf(m_trace)->load(0, scope);
            return std::vector<std::uint64_t>(table->counts.begin(), table->counts.begin() + 16);
        };
        for (const bool german : {false, true}) {
            if (german)
                m_session->filters().add(m_german);
            goOn = *mayRead = false;
            const ChartQuestion question = m_session->question(params);
            ask(question);
            QTRY_COMPARE(heard.samples, std::vector<std::uint32_t>{32});
            QVERIFY(heard.counts.empty() && m_session->waits(&asker));
            Scope sample = question.scope;
            sample.sample = 32;
            QCOMPARE(heard.sampled, countsOf(sample));
            goOn = true;
            QTRY_VERIFY(!heard.counts.empty());
            QCOMPARE(heard.counts, countsOf(question.scope));
            QVERIFY(heard.sampled != heard.counts);
            ask(question); // known
            QVERIFY(!heard.counts.empty() && heard.samples.empty());
        }
        m_session->cancel(&asker);
        // Who asks anew, or is gone, hears of no sample that was asked for before.
        goOn = *mayRead = false;
        m_session->filters().replace({{LabelFilter{"language", "en"}}}, "test");
        auto other = std::make_unique<QObject>();
        int times = 0;
        for (const char* top : {"4", "5"})
            m_session->ask(other.get(), m_one,
                m_session->question(Parameters::check({m_one.options.begin(), m_one.options.end()}, {{"top", top}}).value()),
                [](const auto&) {}, [&](const auto&, const auto&) { ++times; });
        QTRY_COMPARE(times, 1);
        other.reset();
        goOn = true;
        QThreadPool::globalInstance()->waitForDone();
        QTest::qWait(20);
        QCOMPARE(times, 1);
        // A little patience, and the whole is waited for.
        m_session->setPatience(1);
        m_session->filters().replace({{LabelFilter{"language", "en"}, false}}, "test");
        ask(m_session->question(Parameters::check({m_one.options.begin(), m_one.options.end()}, {{"top", "6"}}).value()));
        QTRY_VERIFY(!heard.counts.empty());
        QVERIFY(heard.samples.empty());
    }

    void questionsOfATurnShareAPass()
    {
        open();
        // What one metric alone reads is one pass; a metric more is not a pass more.
        (void)studyOf(m_trace)->load(0, {}, {});
        const int onePass = m_trace->reads->exchange(0);
        QVERIFY(onePass > 0);
        QObject a, b, c;
        Heard one, two, three;
        ask(&a, m_one, one);
        ask(&b, m_two, two);
        ask(&c, m_one, three); // the same question: computed once
        QTRY_VERIFY(one.times && two.times && three.times);
        QCOMPARE(m_trace->reads->load(), onePass);
        QCOMPARE(m_first->load(), 1);
        QCOMPARE(m_second->load(), 1);
        QCOMPARE(one.counts, three.counts);
        QVERIFY(!one.counts.empty() && !one.error);
    }

    void whatIsKnownIsNeverReadAgain()
    {
        open();
        QObject a;
        Heard all, german, again, sorted, top;
        ask(&a, m_one, all);
        QTRY_COMPARE(all.times, 1);
        m_session->filters().add(m_german);
        ask(&a, m_one, german);
        QTRY_COMPARE(german.times, 1);
        QVERIFY(german.counts != all.counts);
        const int reads = m_trace->reads->load();
        m_session->undo().undo();
        ask(&a, m_one, again);
        QCOMPARE(again.times, 1); // at once
        QCOMPARE(again.counts, all.counts);
        ask(&a, m_one, sorted, {{"sort", "load"}}); // only drawn otherwise
        QCOMPARE(sorted.times, 1);
        QCOMPARE(m_first->load(), 2);
        ask(&a, m_one, top, {{"top", "5"}}); // other data, from the same results
        QCOMPARE(top.times, 0);
        QTRY_COMPARE(top.times, 1);
        QCOMPARE(m_first->load(), 3);
        QCOMPARE(m_trace->reads->load(), reads);
    }

    void theNewestQuestionOfAnAskerWins()
    {
        open();
        QObject a;
        Heard old, newer;
        ask(&a, m_one, old);
        ask(&a, m_two, newer);
        QTRY_COMPARE(newer.times, 1);
        QCOMPARE(old.times, 0);
        QCOMPARE(m_first->load(), 0);
        ask(&a, m_one, old);
        QTest::qWait(0);
        m_session->cancel(&a);
        QVERIFY(!m_session->waits(&a));
        const int heard = old.times; // a fast machine may have answered by then
        auto gone = std::make_unique<QObject>();
        Heard nobody;
        m_session->filters().add(m_german);
        ask(gone.get(), m_one, nobody);
        gone.reset();
        QThreadPool::globalInstance()->waitForDone();
        QTest::qWait(20);
        QCOMPARE(old.times, heard);
        QCOMPARE(nobody.times, 0);
    }

    void aNewStudyAnswersNothingOld()
    {
        open();
        QObject a;
        Heard old, newer;
        ask(&a, m_one, old);
        open("other.h5");
        QThreadPool::globalInstance()->waitForDone();
        const bool early = old.times > 0; // before it was opened
        ask(&a, m_one, newer);
        QCOMPARE(newer.times, 0);
        QTRY_COMPARE(newer.times, 1);
        QCOMPARE(old.times, early ? 1 : 0);
    }

    void cancellingStopsTheWork()
    {
        open("slow.h5");
        QObject a, b;
        Heard one, two;
        QSignalSpy progressed(m_session.get(), &Session::progressed);
        ask(&a, m_one, one);
        ask(&b, m_two, two);
        QObject c;
        bool counted = false; // what is answered already does not keep the rest going
        m_session->askExtent(&c, [&](const Expected<Study::Extent>&) { counted = true; });
        QTRY_VERIFY(!progressed.isEmpty() && counted);
        QVERIFY(m_session->waits(&a));
        m_session->cancel(&a);
        QTest::qWait(30);
        QVERIFY(m_session->waits(&b)); // who still wants it gets it
        QElapsedTimer timer;
        timer.start();
        m_session->cancel(&b);
        QVERIFY(QThreadPool::globalInstance()->waitForDone(5000));
        QVERIFY2(timer.elapsed() < 1000, "the pass goes on"); // whole it would take seconds
        QTest::qWait(20);
        QCOMPARE(one.times + two.times, 0);
        QCOMPARE(m_first->load() + m_second->load(), 0);
    }

    /// A quick answer that is still to come keeps the work only until then.
    void cancellingBeforeAQuickAnswerStopsTheWork()
    {
        open("slow.h5");
        QObject a, c;
        Heard one;
        bool counted = false;
        m_session->askExtent(&c, [&](const Expected<Study::Extent>&) { counted = true; });
        ask(&a, m_one, one);
        QCoreApplication::processEvents(); // it has started
        QVERIFY(m_session->waits(&a) && !counted);
        m_session->cancel(&a);
        QTRY_VERIFY(counted);
        QElapsedTimer timer;
        timer.start();
        QTRY_VERIFY(QThreadPool::globalInstance()->activeThreadCount() == 0);
        QVERIFY2(timer.elapsed() < 1000, "the pass goes on"); // whole it would take seconds
        QCOMPARE(one.times, 0);
    }

    void extentsAndErrors()
    {
        open();
        QObject a, b;
        std::optional<Study::Extent> extent;
        m_session->filters().add(m_german);
        m_session->filters().add({ExpertAt{SiteIndex(0), ExpertIndex(3)}});
        m_session->askExtent(&a, [&](const Expected<Study::Extent>& answer) { extent = answer.value(); });
        Heard heard;
        ask(&b, m_one, heard);
        QTRY_VERIFY(extent && heard.times == 1);
        std::uint64_t tokens = 0;
        for (std::size_t t = 0; t < 200; ++t)
            tokens += m_trace->ids[0][2 * t] == 3 || m_trace->ids[0][2 * t + 1] == 3;
        QCOMPARE(extent->tokens, tokens);
        QCOMPARE(heard.counts[3], tokens); // each of them chose it
        std::size_t rows = 0;
        m_session->askMetrics(&a, {{"balance"}},
            [&](const Expected<std::vector<ResultsPtr>>& answer) { rows = answer.value()[0]->rows.size(); });
        QTRY_VERIFY(rows > 0);
        ChartSpec failing = m_one;
        failing.name = "failing";
        failing.compute = [](const Study&, const ChartQuestion&, const Progress&) -> Expected<ChartDataPtr> {
            return fail("needs router logits", "small.h5");
        };
        Heard bad;
        ask(&b, failing, bad);
        QTRY_COMPARE(bad.times, 1);
        QCOMPARE(bad.error->what, std::string("needs router logits"));
    }

    void whatTheCommandLineComputedIsFound()
    {
        QTemporaryDir dir;
        const ResultCache cache(dir.filePath("cache").toStdString());
        const std::filesystem::path path = dir.filePath("trace.h5").toStdString();
        writeTraceM(dir.filePath("trace.h5"));
        MetricQuestion asked;
        asked.metrics = {{"balance"}};
        asked.scope.where = {{"half", "first"}};
        VERIFY_OK(Study::open({path}, cache).value()->metrics(0, asked)); // another process, some other day
        std::shared_ptr<CountingSource> counting;
        m_session = std::make_unique<Session>([&](const auto& paths) -> Expected<StudyPtr> {
            ES_ASSIGN(const auto opened, Study::open(paths));
            NamedTrace trace = opened->traces()[0];
            counting = std::make_shared<CountingSource>(trace.source);
            trace.source = counting;
            return std::make_shared<const Study>(std::vector{std::move(trace)}, cache);
        });
        open(dir.filePath("trace.h5"));
        m_session->filters().add({LabelFilter{"half", "first"}});
        QObject a;
        std::size_t rows = 0;
        const auto count = [&](const Expected<std::vector<ResultsPtr>>& answer) {
            rows = answer.value()[0]->rows.size();
        };
        m_session->askMetrics(&a, {{"balance"}}, count);
        QTRY_VERIFY(rows > 0);
        QCOMPARE(counting->reads.load(), 0);
        rows = 0;
        m_session->askMetrics(&a, {{"coactivation"}}, count);
        QTRY_VERIFY(rows > 0);
        QVERIFY(counting->reads > 0);
    }

    void mayDieWhileAnswersAreOnTheirWay()
    {
        open("slow.h5");
        QObject a;
        Heard heard;
        ask(&a, m_one, heard);
        QTest::qWait(60);
        m_session.reset();
        QVERIFY(QThreadPool::globalInstance()->waitForDone(5000));
        QTest::qWait(20);
        QCOMPARE(heard.times, 0);
    }
};

EXPERTSCOPE_TEST(TestSession)
#include "tst_session.moc"
