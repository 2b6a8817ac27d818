// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was asked once is not computed again: by another question, another study, another program; and nothing that was
// computed of something else is taken for an answer.
#include "analysis/metrics/registry.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/result_document.h"
#include "analysis/spine/per_site.h"
#include "analysis/study/trace_analysis.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"

#include <QDir>
#include <QTemporaryDir>

#include <sstream>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

namespace {

/// A source that counts how often it is read.
class CountedSource final : public BlockSource
{
public:
    explicit CountedSource(std::shared_ptr<BlockSource> source)
        : m_source(std::move(source))
    {
    }
    const RoutingShape& shape() const override { return m_source->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        if (m_reads++ == 0 && atFirstRead)
            atFirstRead();
        return m_source->read(site, range, wanted, buffer);
    }
    /// Since it was asked last.
    int reads() { return m_reads.exchange(0); }
    std::function<void()> atFirstRead; ///< since then

private:
    std::shared_ptr<BlockSource> m_source;
    std::atomic<int> m_reads = 0;
};

struct Counted
{
    std::shared_ptr<CountedSource> source;
    std::shared_ptr<const Study> study;
};

Counted studyOf(const MemoryTrace& trace)
{
    Counted counted;
    counted.source = std::make_shared<CountedSource>(std::make_shared<MemoryTrace>(trace));
    counted.study = std::make_shared<Study>(std::vector<NamedTrace>{{{}, "memory", counted.source, {}}});
    return counted;
}

/// `opened` runs between opening the file and making a study of it.
Counted studyOf(
    const QString& path, const ResultCache& cache = {}, const std::function<void()>& opened = [] {})
{
    Counted counted;
    auto file = TraceFile::open(path.toStdString());
    if (!file) {
        qWarning("%s", file.error().message().c_str());
        return counted;
    }
    const TraceSummary summary = (*file)->summary();
    const int descriptor = (*file)->descriptor();
    opened();
    counted.source = std::make_shared<CountedSource>(std::shared_ptr<TraceFile>(std::move(*file)));
    counted.study = std::make_shared<Study>(
        std::vector<NamedTrace>{{path.toStdString(), "file", counted.source, summary, descriptor}}, cache);
    return counted;
}

MetricQuestion ask(const std::vector<MetricRequest>& metrics, const Scope& scope = {})
{
    MetricQuestion question;
    question.metrics = metrics;
    question.scope = scope;
    return question;
}

/// All there is in them; what JSON leaves out too.
std::string textOf(const Results& results)
{
    std::ostringstream text;
    writeResultsJson(text, {{}, results});
    for (const ResultRow& row : results.rows)
        text << row.extreme;
    return std::move(text).str();
}

std::string answer(const Study& study, const MetricQuestion& question)
{
    const auto results = analyseTrace(study, 0, question);
    if (!results)
        return "error: " + results.error().message();
    return textOf(*results);
}

}

class TestStudy : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_trace;

    QString at(const QString& name) const { return m_folder.filePath(name); }
    ResultCache cache(const char* name) const { return ResultCache(at(name).toStdString()); }
    int files(const QString& folder) const { return int(QDir(at(folder)).entryList(QDir::Files).size()); }

private slots:
    void initTestCase()
    {
        m_trace = at("trace.h5");
        writeTraceM(m_trace);
    }

    void eachMetricIsComputedOnce()
    {
        const auto [source, study] = studyOf(splitmixTrace('M', true));
        const auto first = study->metrics(0, ask({{"balance"}}));
        QVERIFY2(first, first ? "" : first.error().message().c_str());
        const int pass = source->reads();
        QVERIFY(pass > 0);
        const auto again = study->metrics(0, ask({{"balance"}}));
        QCOMPARE(again->front(), first->front()); // the very same
        QCOMPARE(source->reads(), 0);
        // Of two the one that is not known yet is computed; both come in the order asked for.
        const auto both = study->metrics(0, ask({{"load"}, {"balance"}}));
        QCOMPARE(source->reads(), pass);
        QCOMPARE(both->at(1), first->front());
        QCOMPARE(both->at(0)->rows.front().metric, std::string("load.count"));
        QVERIFY(study->metrics(0, ask({{"balance"}, {"load"}})));
        QCOMPARE(source->reads(), 0);
        // A parameter as it is by default is none.
        QVERIFY(study->metrics(0, ask({{"repetition"}})));
        QVERIFY(source->reads() > 0);
        const MetricSpec& spec = *std::ranges::find(metricRegistry(), std::string("repetition"), &MetricSpec::name);
        MetricRequest spelled{"repetition"};
        for (const ParameterSpec& param : spec.params)
            spelled.params[param.name] = param.standard;
        QVERIFY(study->metrics(0, ask({spelled})));
        QCOMPARE(source->reads(), 0);
    }

    void anotherStudyAnswersFromDisk()
    {
        const MetricQuestion all = ask({{"load"}, {"balance"}, {"coactivation"}, {"sequence_cache"}});
        const std::string computed = answer(*studyOf(m_trace).study, all);
        QVERIFY(computed.size() > 1000 && computed.find('1', computed.rfind('}')) != std::string::npos); // extremes
        {
            const auto [source, study] = studyOf(m_trace, cache("disk"));
            QCOMPARE(answer(*study, all), computed);
            QVERIFY(source->reads() > 0);
        }
        QCOMPARE(files("disk/results"), 4);
        const auto [source, study] = studyOf(m_trace, cache("disk"));
        for (const MetricRequest& metric : all.metrics) // one by one, though they were computed together
            QCOMPARE(answer(*study, ask({metric})), answer(*studyOf(m_trace).study, ask({metric})));
        QCOMPARE(answer(*study, all), computed);
        QCOMPARE(source->reads(), 0);
        // And the other way round; a file of the same content will do.
        QVERIFY(study->metrics(0, ask({{"margin"}})));
        QVERIFY(source->reads() > 0);
        QVERIFY(QFile::copy(m_trace, at("copy.h5")));
        const Counted copied = studyOf(at("copy.h5"), cache("disk"));
        QVERIFY(copied.study->metrics(0, ask({{"load"}, {"margin"}})));
        QCOMPARE(copied.source->reads(), 0);
    }

    void aChangedFileIsAnotherOne()
    {
        const QString path = at("changing.h5");
        const MetricQuestion question = ask({{"balance"}});
        writeTraceM(path, 'M');
        const std::string before = answer(*studyOf(path, cache("changed")).study, question);
        const Counted open = studyOf(path, cache("changed"));
        QVERIFY(QFile::remove(path));
        writeTraceM(path, 'U');
        {
            const auto [source, study] = studyOf(path, cache("changed"));
            const std::string after = answer(*study, question);
            QVERIFY(source->reads() > 0);
            QVERIFY(after != before);
            QCOMPARE(after, answer(*studyOf(path).study, question));
        }
        // One that had the old file open goes on with it, and keeps nothing under the name of the new one.
        const int kept = files("changed/results");
        QCOMPARE(answer(*open.study, question), before);
        QVERIFY(open.source->reads() > 0);
        QVERIFY(answer(*open.study, ask({{"load"}})) != answer(*studyOf(path).study, ask({{"load"}})));
        QCOMPARE(files("changed/results"), kept);
    }

    void whatIsKeptIsOfTheBytesThatWereRead()
    {
        // Another trace takes the name: after the file was opened, or while it is read.
        const MetricQuestion question = ask({{"balance"}});
        writeTraceM(at("other.h5"), 'U');
        const std::string ours = answer(*studyOf(m_trace).study, question);
        const std::string others = answer(*studyOf(at("other.h5")).study, question);
        QVERIFY(ours != others);
        for (const bool early : {true, false}) {
            const QString path = at("replaced.h5"), fresh = at("fresh.h5");
            const char* const name = early ? "early" : "late";
            QFile::remove(path);
            QVERIFY(QFile::copy(m_trace, path));
            QVERIFY(QFile::copy(at("other.h5"), fresh));
            const auto replace = [&] { std::filesystem::rename(fresh.toStdString(), path.toStdString()); };
            const Counted counted = early ? studyOf(path, cache(name), replace) : studyOf(path, cache(name));
            if (!early)
                counted.source->atFirstRead = replace;
            QCOMPARE(answer(*counted.study, question), ours);
            QVERIFY(!QFile::exists(fresh));
            QCOMPARE(answer(*studyOf(path, cache(name)).study, question), others);
            QCOMPARE(answer(*studyOf(m_trace, cache(name)).study, question), ours);
        }
        // The same of what a study opens itself.
        const auto study = Study::open({at("replaced.h5").toStdString()}, cache("opened"));
        QVERIFY(study);
        QVERIFY(QFile::copy(m_trace, at("fresh.h5")));
        std::filesystem::rename(at("fresh.h5").toStdString(), at("replaced.h5").toStdString());
        QCOMPARE(answer(**study, question), others);
        QCOMPARE(answer(*studyOf(at("replaced.h5"), cache("opened")).study, question), ours);
    }

    void aTraceThatIsWrittenToWhileItIsReadKeepsNothing()
    {
        const QString path = at("written.h5");
        QVERIFY(QFile::copy(m_trace, path));
        const auto [source, study] = studyOf(path, cache("written"));
        source->atFirstRead = [&] {
            QFile file(path);
            QVERIFY(file.open(QIODevice::Append) && file.write("x") == 1);
        };
        const std::string answered = answer(*study, ask({{"balance"}}));
        QVERIFY2(!answered.starts_with("error"), answered.c_str());
        QCOMPARE(files("written/results"), 0);
    }

    void whatMattersIsInTheKey()
    {
        const SiteIndex site(std::uint16_t(1));
        const ExpertAt expert{site, ExpertIndex(std::uint16_t(3))};
        std::vector<MetricQuestion> questions;
        const auto add = [&](const auto& change) {
            MetricQuestion question = ask({{"load"}});
            change(question);
            questions.push_back(std::move(question));
        };
        add([](MetricQuestion&) {});
        add([](MetricQuestion& q) { q.metrics = {{"balance"}}; });
        add([](MetricQuestion& q) { q.by = "language"; });
        add([](MetricQuestion& q) { q.by = "half"; });
        add([](MetricQuestion& q) { q.bootstrap = 10; });
        add([](MetricQuestion& q) { q.bootstrap = 11; });
        add([](MetricQuestion& q) { q.simulateUniform = false; });
        add([](MetricQuestion& q) { q.scope.where = {{"half", "first"}}; });
        add([](MetricQuestion& q) { q.scope.where = {{"half", "second"}}; });
        add([](MetricQuestion& q) { q.scope.without = {{"half", "first"}}; });
        add([&](MetricQuestion& q) { q.scope.chose = {expert}; });
        add([&](MetricQuestion& q) { q.scope.spared = {expert}; });
        add([](MetricQuestion& q) { q.scope.tokens = TokenRange{TokenIndex(0), TokenIndex(100)}; });
        add([](MetricQuestion& q) { q.scope.tokens = TokenRange{TokenIndex(1), TokenIndex(100)}; });
        add([&](MetricQuestion& q) { q.scope.sites = {site}; });
        add([](MetricQuestion& q) { q.scope.skipFirst = 1; });
        for (std::size_t i = 0; i < questions.size(); ++i) {
            const auto [source, study] = studyOf(m_trace, cache("keys"));
            const std::string computed = answer(*studyOf(m_trace).study, questions[i]);
            QVERIFY2(!computed.starts_with("error"), computed.c_str());
            QCOMPARE(answer(*study, questions[i]), computed);
            QVERIFY2(source->reads() > 0, std::to_string(i).c_str());
            QCOMPARE(files("keys/results"), int(i + 1));
            QCOMPARE(answer(*studyOf(m_trace, cache("keys")).study, questions[i]), computed);
            QCOMPARE(files("keys/results"), int(i + 1));
        }
    }

    void loadIsCheap()
    {
        const QString path = at("loads.h5");
        QVERIFY(QFile::copy(m_trace, path));
        const auto [source, study] = studyOf(path, cache("load"));
        const auto table = study->load(0, {});
        QVERIFY2(table, table ? "" : table.error().message().c_str());
        QVERIFY(source->reads() > 0);
        QVERIFY(!QDir(at("load")).exists()); // nothing was hashed for it
        QCOMPARE(*study->load(0, {}), *table);
        QCOMPARE(source->reads(), 0);
        QCOMPARE((*table)->numExperts, std::uint16_t(64));
        QCOMPARE((*table)->tokens, std::vector<std::uint64_t>(4, 4096));
        QCOMPARE((*table)->choices, std::vector<std::uint64_t>(4, 4096 * 8));
        // From the metric it is the same table; a study that finds that on disk reads nothing.
        QVERIFY(study->metrics(0, ask({{"load"}})));
        const Counted other = studyOf(path, cache("load"));
        QVERIFY(other.study->metrics(0, ask({{"load"}})));
        const auto fromRows = other.study->load(0, {});
        QCOMPARE(other.source->reads(), 0);
        QCOMPARE((*fromRows)->counts, (*table)->counts);
        QCOMPARE((*fromRows)->tokens, (*table)->tokens);
        QCOMPARE((*fromRows)->choices, (*table)->choices);
        Scope scope;
        scope.where = {{"language", "de"}};
        scope.sites = {SiteIndex(std::uint16_t(2))};
        const auto part = study->load(0, scope), partFromRows = other.study->load(0, scope);
        QVERIFY(part && partFromRows);
        QCOMPARE((*part)->counts, (*partFromRows)->counts);
        QCOMPARE((*part)->tokens, (std::vector<std::uint64_t>{0, 0, 1024, 0}));
        QCOMPARE((*part)->tokens, (*partFromRows)->tokens);
    }

    void extents()
    {
        const auto [source, study] = studyOf(m_trace);
        const auto extent = [&, &study = study](const Scope& scope) {
            const auto found = study->extentOf(0, scope);
            return found ? std::pair(found->tokens, found->sequences) : std::pair<std::uint64_t, std::uint64_t>();
        };
        using Pair = std::pair<std::uint64_t, std::uint64_t>;
        Scope scope;
        QCOMPARE(extent(scope), Pair(4096, 8));
        scope.skipFirst = 12;
        QCOMPARE(extent(scope), Pair(4000, 8));
        scope.phase = Phase::Prompt; // all of it
        QCOMPARE(extent(scope), Pair(4000, 8));
        scope.phase = Phase::All;
        scope.without = {{"half", "second"}};
        QCOMPARE(extent(scope), Pair(2000, 4));
        scope.tokens = TokenRange{TokenIndex(500), TokenIndex(530)};
        QCOMPARE(extent(scope), Pair(18, 2));
        QCOMPARE(source->reads(), 0);
        scope = {};
        scope.chose = {{SiteIndex(std::uint16_t(0)), ExpertIndex(std::uint16_t(5))}};
        const std::uint64_t chose = extent(scope).first;
        QVERIFY(source->reads() > 0);
        std::swap(scope.chose, scope.spared);
        QCOMPARE(extent(scope).first, 4096 - chose);
        QCOMPARE(source->reads(), 0); // the tokens that chose it are known
        QCOMPARE(chose, (*study->load(0, {}))->count(SiteIndex(std::uint16_t(0)), ExpertIndex(std::uint16_t(5))));
        scope.spared = {{SiteIndex(std::uint16_t(9)), ExpertIndex(std::uint16_t(5))}};
        QVERIFY(!study->extentOf(0, scope));
    }

    void promptsAndAnswers()
    {
        MemoryTrace trace = splitmixTrace('M', true);
        auto& sequences = trace.editShape().sequences;
        for (std::size_t s = 0; s < sequences.size(); ++s)
            sequences[s].promptLength = std::uint32_t(s % 2 ? 512 : 100 + s);
        const auto study = studyOf(trace).study;
        const auto choices = [&](Phase phase, std::uint32_t skip = 0) {
            Scope scope;
            scope.phase = phase;
            scope.skipFirst = skip;
            const auto extent = study->extentOf(0, scope);
            const auto load = study->load(0, scope);
            const std::uint64_t tokens = load && extent ? (*load)->tokens[0] : 0;
            return std::pair(tokens, extent && extent->tokens == tokens ? extent->sequences : 0);
        };
        using Pair = std::pair<std::uint64_t, std::uint64_t>;
        QCOMPARE(choices(Phase::All), Pair(4096, 8));
        QCOMPARE(choices(Phase::Prompt), Pair(4 * 512 + 412, 8));
        QCOMPARE(choices(Phase::Decode), Pair(4 * 512 - 412, 4));
        QCOMPARE(choices(Phase::Prompt, 102), Pair(4 * 410 + 0 + 0 + 2 + 4, 6));
        QCOMPARE(choices(Phase::Decode, 104), Pair(408 * 3 + 406, 4));
        // Nothing was generated: said, not an empty answer.
        Scope answers;
        answers.phase = Phase::Decode;
        const auto none = studyOf(splitmixTrace('M', true)).study->passOf(0, answers, {});
        QVERIFY(!none);
        QCOMPARE(none.error().what,
            std::string("no token is left: all tokens of the 8 sequences were given as prompts, none was generated"));
    }

    void tracesOfOneModelAreCompared()
    {
        QVERIFY(QDir(m_folder.path()).mkpath("steps/x"));
        for (const char* kind : {"U", "B", "M"})
            writeTraceM(at(QString("steps/%1.h5").arg(kind)), *kind);
        const auto path = [&](const char* name) {
            return std::filesystem::path(at(QString("steps/%1.h5").arg(name)).toStdString());
        };
        const auto series = [&](const std::vector<std::filesystem::path>& paths, const ResultCache& kept) {
            const auto study = Study::open(paths, kept);
            const auto results = (*study)->series(ask({{"saturation"}, {"flip_rate"}}));
            std::string text;
            for (const ResultsPtr& each : *results)
                text += textOf(*each);
            return text;
        };
        const std::string computed = series({path("U"), path("B"), path("M")}, {});
        QCOMPARE(series({path("U"), path("B"), path("M")}, cache("series")), computed);
        QCOMPARE(files("series/results"), 2);
        QCOMPARE(series({path("U"), path("B"), path("M")}, cache("series")), computed);
        QCOMPARE(files("series/results"), 2);
        QVERIFY(series({path("B"), path("U"), path("M")}, cache("series")) != computed);
        QCOMPARE(files("series/results"), 4);
        // What cannot be compared says so for each metric, and is not kept.
        writeCacheFixture(at("steps/other.h5"));
        const auto study = Study::open({path("other"), path("M")}, cache("series"));
        const auto results = (*study)->series(ask({{"saturation"}, {"flip_rate"}}));
        QVERIFY(results && results->size() == 2);
        QVERIFY(results->at(1)->rows.front().undefined.find("'other'") != std::string::npos);
        QCOMPARE(results->at(1)->rows.front().metric, std::string("flip_rate"));
        QCOMPARE(files("series/results"), 4);
    }

    void namesAndErrors()
    {
        QVERIFY(QDir(m_folder.path()).mkpath("twin"));
        QVERIFY(QFile::copy(m_trace, at("twin/trace.h5")));
        QVERIFY(QFile::copy(m_trace, at("twin/single.h5")));
        const std::string first = m_trace.toStdString(), second = at("twin/trace.h5").toStdString();
        const auto study = Study::open({first, second, at("twin/single.h5").toStdString()});
        QVERIFY(study);
        QCOMPARE((*study)->traces()[0].name, first);
        QCOMPARE((*study)->traces()[1].name, second);
        QCOMPARE((*study)->traces()[2].name, std::string("single"));
        QVERIFY(!Study::open({first, at("none.h5").toStdString()}));
        const auto error = [&](const MetricQuestion& question) {
            const auto results = (*study)->metrics(1, question);
            return results ? std::string() : results.error().message();
        };
        Scope scope;
        scope.where = {{"dialect", "x"}};
        QVERIFY(error(ask({{"load"}}, scope)).starts_with(second + ": the trace has no label 'dialect'"));
        QVERIFY(error(ask({{"loaf"}})).starts_with(second + ": unknown metric 'loaf'"));
        QVERIFY(error(ask({{"load", {{"x", "1"}}}})).find("no parameter 'x'") != std::string::npos);
        const auto cancelled = (*study)->metrics(0, ask({{"load"}}), [](double) { return false; });
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().what, std::string(kCancelled));
        QVERIFY((*study)->metrics(0, ask({{"load"}})));
    }
};

EXPERTSCOPE_TEST(TestStudy)
#include "tst_study.moc"
