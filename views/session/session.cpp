// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/session.h"

#include "views/session/subject_text.h"

#include <QElapsedTimer>
#include <QFileInfo>

namespace expertscope {

namespace {

/// Runs `deliver` with an answer of the type it was kept as.
template <class T> Questions::Deliver typed(std::function<void(Expected<T>)> deliver)
{
    return [deliver = std::move(deliver)](const Expected<Questions::Answer>& answer) {
        if (answer)
            deliver(*std::static_pointer_cast<const T>(*answer));
        else
            deliver(tl::unexpected(answer.error()));
    };
}

/// An answer as it is kept.
template <class T> Expected<Questions::Answer> kept(Expected<T> answer)
{
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    return std::make_shared<const T>(std::move(*answer));
}

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

}

Expected<StudyPtr> Session::openWithCache(const std::vector<std::filesystem::path>& paths)
{
    return Study::open(paths, ResultCache::standard());
}

Session::Session(Opener opener, QObject* parent)
    : QObject(parent)
    , m_opener(std::move(opener))
    , m_history(m_undo, m_looks)
    , m_filters(m_undo)
    , m_selection(nullptr, &m_looks,
          [this](const Subject& subject) { return m_study ? subjectText(subject, m_study->shape()) : QString(); })
{
    connect(&m_questions, &Questions::noted, this, &Session::noted);
    connect(&m_questions, &Questions::progressed, this, &Session::progressed);
}

Session::~Session() = default;

void Session::open(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    m_error.reset();
    QElapsedTimer since;
    since.start();
    m_openJob.start([this, since, opener = m_opener, paths](const JobTracker::Handle&) -> JobTracker::Delivery {
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
        return [this, since, study = std::move(study), paths] {
            QStringList names;
            for (const QString& path : paths)
                names << QFileInfo(path).fileName();
            JobNote note{"Open " + names.join(", "), JobNote::End::Computed, since.elapsed()};
            if (study) {
                emit noted(note);
                show(*study, paths);
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

void Session::show(StudyPtr study, const QStringList& paths)
{
    const bool again = paths == m_paths;
    m_study = std::move(study);
    m_paths = paths;
    m_questions.setStudy(m_study);
    if (!again) {
        m_filters.setShape(nullptr);
        m_selection.forget(this);
        m_undo.clear();
        m_looks.clear();
    }
    m_selection.hover({}, this);
    m_filters.setShape({m_study, &m_study->shape()});
    emit opened();
}

ChartQuestion Session::question(const Parameters& options) const
{
    return {0, m_filters.scope(), options};
}

void Session::ask(QObject* asker, const ChartSpec& chart, const ChartQuestion& question,
    std::function<void(Expected<ChartDataPtr>)> deliver)
{
    Questions::Question q;
    q.key = keyOf(chart, question);
    q.title = chart.title;
    q.trace = question.trace;
    q.scope = question.scope;
    if (chart.metrics)
        q.metrics = chart.metrics(question.params);
    q.answer = [compute = chart.compute, question](
                   const Study& study, const Progress& progress) { return kept(compute(study, question, progress)); };
    m_questions.ask(asker, std::move(q), typed<ChartDataPtr>(std::move(deliver)));
}

void Session::askMetrics(QObject* asker, const std::vector<MetricRequest>& metrics,
    std::function<void(Expected<std::vector<ResultsPtr>>)> deliver)
{
    Questions::Question q;
    q.scope = m_filters.scope();
    q.metrics = metrics;
    q.key = "metrics ";
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
    q.answer = [question](
                   const Study& study, const Progress& progress) { return kept(study.metrics(0, question, progress)); };
    m_questions.ask(asker, std::move(q), typed<std::vector<ResultsPtr>>(std::move(deliver)));
}

void Session::askExtent(QObject* asker, std::function<void(Expected<Study::Extent>)> deliver)
{
    Questions::Question q;
    q.scope = m_filters.scope();
    q.key = "extent " + keyText(q.scope);
    q.title = QStringLiteral("Count of what the filters leave");
    q.quick = true;
    q.answer = [scope = q.scope](
                   const Study& study, const Progress& progress) { return kept(study.extentOf(0, scope, progress)); };
    m_questions.ask(asker, std::move(q), typed<Study::Extent>(std::move(deliver)));
}

}
