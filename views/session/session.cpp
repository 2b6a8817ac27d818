// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/session.h"

#include "analysis/study/sampling.h"
#include "views/charts/kinds/against.h"
#include "views/session/grown_trace.h"
#include "views/session/subject_text.h"

#include <QElapsedTimer>
#include <QFileInfo>

#include <algorithm>

namespace expertscope {

namespace {

std::string keyOf(const ChartSpec& chart, const ChartQuestion& question)
{
    std::string key = "chart ";
    addKey(key, chart.name);
    addKey(key, std::to_string(question.trace));
    for (const ChartOption& option : chart.options) {
        if (option.computes)
            addKey(key, question.params.text(option.name));
    }
    return key + keyText(question.scope);
}

/// The answer about a sample.
struct Sampled
{
    ChartQuestion question;
    ChartDataPtr data; ///< null: the whole is there as soon
};

Expected<Sampled> sampled(const Study& study, const Study& samples, const ChartSpec& chart, ChartQuestion question,
    double patience, const Progress& progress)
{
    MetricQuestion metrics;
    metrics.metrics = chart.metrics(question.params);
    metrics.scope = question.scope;
    if (study.knows(question.trace, metrics))
        return Sampled();
    ES_ASSIGN(question.scope.sample, firstSample(samples, question.trace, metrics, patience));
    if (question.scope.sample == 0)
        return Sampled();
    ES_ASSIGN(ChartDataPtr data, chart.compute(samples, question, progress));
    return Sampled{std::move(question), std::move(data)};
}

}

Expected<StudyPtr> Session::openWithCache(const std::vector<std::filesystem::path>& paths)
{
    return Study::open(paths, ResultCache::standard());
}

Session::Session(Opener opener, QObject* parent)
    : QObject(parent)
    , m_opener(std::move(opener))
    , m_history(m_undo, m_looks)
    , m_main(m_undo)
    , m_beside(m_undo)
    , m_selection(nullptr, &m_looks,
          [this](const Subject& subject) { return m_study ? subjectText(subject, shape()) : QString(); })
    , m_patience(kPatienceSeconds)
{
    connect(&m_questions, &Questions::noted, this, &Session::noted);
    connect(&m_questions, &Questions::progressed, this, &Session::progressed);
    connect(&m_main, &SideState::changed, this, [this] {
        if (m_study && m_main.filters().shape() && m_main.trace() != m_lookedAt) {
            m_lookedAt = m_main.trace();
            emit traceChosen();
        }
        // What is added to nothing is of the trace that is looked at.
        if (m_study && !m_beside.chosen() && m_beside.trace() != m_main.trace())
            m_beside.setStudy(m_study, m_main.trace(), false);
    });
}

Session::~Session() = default;

void Session::open(const QStringList& paths)
{
    m_toBeside.clear();
    start(paths, paths == m_paths ? Keep::ByPath : Keep::Nothing);
}

void Session::openWhole(const QString& path)
{
    m_toBeside.clear();
    start({path}, Keep::Trace);
}

void Session::openBeside(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    if (!m_study)
        return open(paths);
    QStringList more;
    for (const QString& path : paths) {
        if (!m_paths.contains(path) && !more.contains(path))
            more << path;
    }
    if (more.isEmpty())
        return m_beside.choose(std::size_t(m_paths.indexOf(paths.front())));
    m_toBeside = more.front();
    start(m_paths + more, Keep::ByPath);
}

void Session::closeBeside()
{
    if (!m_study || !m_beside.chosen())
        return;
    const std::size_t other = m_beside.trace();
    if (other == m_main.trace())
        return m_beside.clear(m_main.trace());
    QStringList rest = m_paths;
    rest.removeAt(qsizetype(other));
    m_beside.clear(m_main.trace());
    m_toBeside.clear();
    start(rest, Keep::ByPath);
}

void Session::start(const QStringList& paths, Keep keep)
{
    if (paths.isEmpty())
        return;
    m_error.reset();
    QElapsedTimer since;
    since.start();
    m_openJob.start([this, since, opener = m_opener, paths, keep](const JobTracker::Handle&) -> JobTracker::Delivery {
        std::vector<std::filesystem::path> files;
        for (const QString& path : paths)
            files.emplace_back(path.toStdString());
        auto study = opener(files);
        if (study) {
            for (const NamedTrace& trace : (*study)->traces()) {
                if (trace.source->shape().sites.empty())
                    study = fail("the trace has no routers", trace.path.string());
                if (!study)
                    break;
            }
        }
        return [this, since, study = std::move(study), paths, keep] {
            QStringList names;
            for (const QString& path : paths)
                names << QFileInfo(path).fileName();
            JobNote note{"Open " + names.join(", "), JobNote::End::Computed, since.elapsed()};
            if (study) {
                emit noted(note);
                show(*study, paths, keep);
            } else {
                m_error = study.error();
                note.end = JobNote::End::Failed;
                note.error = QString::fromStdString(m_error->message());
                emit noted(note);
                emit failed();
            }
            setOpening({});
        };
    });
    setOpening(paths);
}

void Session::reload()
{
    open(m_paths);
}

void Session::cancelOpening()
{
    m_openJob.cancel();
    setOpening({});
}

void Session::dismissError()
{
    if (!m_error)
        return;
    m_error.reset();
    emit openingChanged();
}

void Session::setOpening(const QStringList& paths)
{
    m_opening = paths;
    emit openingChanged();
}

void Session::show(StudyPtr study, const QStringList& paths, Keep keep)
{
    const bool grown = keep != Keep::ByPath && m_study && m_study->traces().size() == 1 && study->traces().size() == 1
        && (keep == Keep::Trace || !m_study->traces()[0].summary.complete)
        && isGrownFrom(m_study->traces()[0].summary, study->traces()[0].summary);
    // By path: places may be others.
    const auto placeOf = [&](const SideState& side) {
        if (grown)
            return qsizetype(side.trace());
        return keep == Keep::ByPath && side.trace() < std::size_t(m_paths.size()) ? paths.indexOf(m_paths[qsizetype(side.trace())])
                                                                    : qsizetype(-1);
    };
    const qsizetype main = placeOf(m_main);
    const bool fresh = !m_toBeside.isEmpty() && main >= 0;
    const bool together = main < 0 && paths.size() > 1; // opened to be compared: the first with the last
    const qsizetype beside = fresh ? paths.indexOf(m_toBeside) : together ? paths.size() - 1 : main >= 0 ? placeOf(m_beside) : -1;
    const bool places = grown || (main >= 0 && paths.mid(0, m_paths.size()) == m_paths); // those that steps to undo speak of
    const StudyPtr before = m_study;
    const std::size_t beforeTrace = m_main.trace();
    m_toBeside.clear();
    const bool besideChosen = fresh || together || (beside >= 0 && m_beside.chosen());
    m_study = std::move(study);
    m_paths = paths;
    m_firsts.clear();
    m_samples = std::make_shared<Study>(m_study->traces());
    m_questions.setStudy(m_study);
    if (main < 0) {
        m_main.setStudy(nullptr, 0, false);
        m_selection.forget(this);
        m_looks.clear();
    }
    if (beside < 0 || fresh || together)
        m_beside.setStudy(nullptr, 0, false);
    if (!places)
        m_undo.clear();
    m_selection.hover({}, this);
    const auto mainTrace = std::size_t(std::max<qsizetype>(main, 0));
    m_sameTrace = main >= 0 && before && isGrownFrom(before->traces()[beforeTrace].summary, m_study->traces()[mainTrace].summary);
    m_beside.setStudy(m_study, beside >= 0 ? std::size_t(beside) : mainTrace, besideChosen);
    m_main.setStudy(m_study, mainTrace, true);
    emit opened();
}

QString Session::shapeNote() const
{
    if (!m_study)
        return {};
    const auto words = [](const RoutingShape& shape) {
        std::uint16_t experts = 0;
        for (const Site& site : shape.sites)
            experts = std::max(experts, site.numExperts);
        return QString("%1 routers of up to %2 experts").arg(shape.sites.size()).arg(experts);
    };
    const auto alike = [](const RoutingShape& a, const RoutingShape& b) {
        return std::ranges::equal(a.sites, b.sites, [](const Site& x, const Site& y) {
            return x.layer == y.layer && x.numExperts == y.numExperts;
        });
    };
    const RoutingShape& own = shape();
    QStringList others;
    for (std::size_t t = 0; t < m_study->traces().size(); ++t) {
        if (!alike(own, m_study->shape(t)))
            others << QString::fromStdString(m_study->traces()[t].name) + " has " + words(m_study->shape(t));
    }
    if (others.isEmpty())
        return {};
    return others.join("; ") + "; " + QString::fromStdString(m_study->traces()[m_main.trace()].name) + " has " + words(own);
}

ChartQuestion Session::question(const Parameters& options) const
{
    return {m_main.trace(), m_main.filters().scope(), options};
}

void Session::ask(QObject* asker, const ChartSpec& chart, const ChartQuestion& question,
    std::function<void(Expected<ChartDataPtr>)> deliver, ShowFirst first)
{
    m_firsts.erase(asker);
    Questions::Question q;
    q.key = keyOf(chart, question);
    q.title = chart.title;
    q.trace = question.trace;
    q.scope = question.scope;
    if (chart.metrics)
        q.metrics = chart.metrics(question.params);
    q.answer = [compute = chart.compute, question](
                   const Study& study, const Progress& progress) { return Questions::kept(compute(study, question, progress)); };
    const auto whole = [this, asker, deliver = std::move(deliver)](const Expected<ChartDataPtr>& data) {
        m_firsts.erase(asker); // too late
        deliver(data);
    };
    m_questions.ask(asker, std::move(q), Questions::typed<ChartDataPtr>(whole));
    if (first && waits(asker) && maySample(chart, question))
        askFirst(asker, chart, question, std::move(first));
}

/// Not whether it has to: that is looked up in a worker.
bool Session::maySample(const ChartSpec& chart, const ChartQuestion& question) const
{
    if (!chart.metrics || question.scope.sample > 0 || question.scope.splitsSequences())
        return false;
    const RoutingShape& shape = m_study->shape(question.trace);
    double choices = 0;
    for (const Site& site : shape.sites)
        choices += double(shape.numTokens) * site.topK;
    // The other side would be read whole.
    const bool alone = std::ranges::none_of(chart.options, [&](const ChartOption& option) {
        return (option.name == kAgainst || option.name == kAgainstTrace) && question.params.text(option.name) != option.standard;
    });
    return alone && choices * 250e-9 >= m_patience; // what a choice costs at most
}

void Session::askFirst(QObject* asker, const ChartSpec& chart, const ChartQuestion& question, ShowFirst first)
{
    auto& speaker = m_firsts[asker];
    speaker = std::make_unique<QObject>();
    connect(asker, &QObject::destroyed, speaker.get(), [this, asker] { m_firsts.erase(asker); });
    Questions::Question q;
    q.key = "sample " + keyOf(chart, question);
    q.trace = question.trace;
    q.answer = [chart, question, samples = m_samples, patience = m_patience](
                   const Study& study, const Progress& progress) {
        return Questions::kept(sampled(study, *samples, chart, question, patience, progress));
    };
    m_questions.ask(speaker.get(), std::move(q),
        Questions::typed<Sampled>([this, asker, first = std::move(first)](const Expected<Sampled>& sample) {
            if (sample && sample->data && waits(asker)) // what is wrong the whole answer will say
                first(sample->question, sample->data);
        }));
}

void Session::cancel(QObject* asker)
{
    m_firsts.erase(asker);
    m_questions.cancel(asker);
}

void Session::askMetrics(QObject* asker, const std::vector<MetricRequest>& metrics,
    std::function<void(Expected<std::vector<ResultsPtr>>)> deliver)
{
    Questions::Question q;
    const std::size_t trace = q.trace = m_main.trace();
    q.scope = m_main.filters().scope();
    q.metrics = metrics;
    q.key = "metrics " + std::to_string(trace) + ' ';
    QStringList names;
    for (const MetricRequest& metric : metrics) {
        names << QString::fromStdString(metric.name);
        addKey(q.key, metric.name);
        for (const auto& [name, value] : metric.params)
            addKey(q.key, name), addKey(q.key, value);
    }
    q.key += keyText(q.scope);
    q.title = "Numbers of " + names.join(", ");
    MetricQuestion question;
    question.metrics = metrics;
    question.scope = q.scope;
    q.answer = [trace, question](const Study& study, const Progress& progress) {
        return Questions::kept(study.metrics(trace, question, progress));
    };
    m_questions.ask(asker, std::move(q), Questions::typed<std::vector<ResultsPtr>>(std::move(deliver)));
}

void Session::askExtent(QObject* asker, std::function<void(Expected<Study::Extent>)> deliver)
{
    askExtent(asker, m_main.side(), std::move(deliver));
}

void Session::askExtent(QObject* asker, const Side& side, std::function<void(Expected<Study::Extent>)> deliver)
{
    Questions::Question q;
    q.trace = side.trace;
    q.scope = side.scope;
    q.key = "extent " + std::to_string(side.trace) + ' ' + keyText(q.scope);
    q.title = QStringLiteral("Count of what the filters leave");
    q.quick = true;
    q.answer = [side](const Study& study, const Progress& progress) {
        return Questions::kept(study.extentOf(side.trace, side.scope, progress));
    };
    m_questions.ask(asker, std::move(q), Questions::typed<Study::Extent>(std::move(deliver)));
}

void Session::askDifferences(
    QObject* asker, const Side& a, const Side& b, std::function<void(Expected<ExpertDifferences>)> deliver)
{
    Questions::Question q;
    q.trace = a.trace;
    q.scope = a.scope;
    q.key = "differences " + std::to_string(a.trace) + ' ' + keyText(a.scope) + std::to_string(b.trace) + ' '
        + keyText(b.scope);
    q.answer = [a, b](const Study& study, const Progress& progress) {
        return Questions::kept(expertDifferences(study, a, b, progress));
    };
    m_questions.ask(asker, std::move(q), Questions::typed<ExpertDifferences>(std::move(deliver)));
}

}
