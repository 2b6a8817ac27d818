// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all views of a window share: the study, which tokens are looked at, what is pointed at, what can be undone, and
// who asked for what.
#pragma once

#include "analysis/study/expert_differences.h"
#include "views/charts/chart.h"
#include "views/session/expert_sets.h"
#include "views/session/filter_stack.h"
#include "views/session/history.h"
#include "views/session/job_tracker.h"
#include "views/session/questions.h"
#include "views/session/shared_selection.h"
#include "views/session/side_state.h"

#include <QObject>
#include <QStringList>
#include <QUndoStack>

#include <map>
#include <memory>

namespace expertscope {

class Session final : public QObject
{
    Q_OBJECT
public:
    /// Runs in a worker.
    using Opener = std::function<Expected<StudyPtr>(const std::vector<std::filesystem::path>&)>;

    explicit Session(Opener opener = openWithCache, QObject* parent = nullptr);
    ~Session() override;

    /// Study::open() with the cache that the command line uses too: what was computed there is not computed again.
    static Expected<StudyPtr> openWithCache(const std::vector<std::filesystem::path>& paths);

    /// Opens traces in a worker: opened() or failed() follows. What is shown stays until then, and when it fails.
    void open(const QStringList& paths);
    /// Opens a trace that is what is shown, or has grown out of it, under another name: what was chosen of it stays.
    void openWhole(const QString& path);
    /// Opens what is shown anew, keeping the filters that still make sense.
    void reload();
    /// Opens more traces beside those that are open; filters, pins and what can be undone stay. The first of them becomes
    /// the other side; one that is open already is not opened again.
    void openBeside(const QStringList& paths);
    /// There is no other side any more; its trace, where the main side is of another, is closed.
    void closeBeside();
    void cancelOpening();
    const QStringList& opening() const { return m_opening; } ///< empty: nothing
    /// What the last open() failed with; none after the next one.
    const std::optional<Error>& error() const { return m_error; }
    void dismissError();

    const StudyPtr& study() const { return m_study; } ///< null: nothing is open
    const QStringList& paths() const { return m_paths; } ///< of the study
    /// Of the trace that is looked at (the main side's); a study is open.
    const RoutingShape& shape() const { return m_study->shape(m_main.trace()); }

    /// Did the last opening leave the trace that is looked at as it was, or grown? To ask in opened(): what was looked at of
    /// it, and set for it, still makes sense.
    bool sameTrace() const { return m_sameTrace; }

    /// What the window shows (A), and what it is compared with (B), where that is chosen.
    SideState& mainSide() { return m_main; }
    SideState& besideSide() { return m_beside; }
    /// Which traces of the study do not have the routers and experts of the main side's, and what they have; empty: all
    /// have the same.
    QString shapeNote() const;

    FilterStack& filters() { return m_main.filters(); }
    SharedSelection& selection() { return m_selection; }
    ExpertSets& sets() { return m_sets; } ///< they stay when another trace is opened
    QUndoStack& undo() { return m_undo; } ///< of what is shown: filters, options, colours
    QUndoStack& looks() { return m_looks; } ///< of where was looked: pins, zoom
    History& history() { return m_history; } ///< both in one list

    /// About the tokens that the filters leave of the main side's trace.
    ChartQuestion question(const Parameters& options) const;

    /// What can be said before all is counted: the same about a sample of the sequences, `sample.scope.sample` of them.
    using ShowFirst = std::function<void(const ChartQuestion& sample, const ChartDataPtr& data)>;

    /// An asker waits for one thing at a time: asking anew withdraws what it asked before. What is known is delivered
    /// before this returns. Questions in one turn of the event loop about the same tokens share one pass.
    void ask(QObject* asker, const ChartSpec& chart, const ChartQuestion& question,
        std::function<void(Expected<ChartDataPtr>)> deliver, ShowFirst first = {});
    /// Answers that would take longer (seconds of a core, about) are preceded by one of a sample.
    void setPatience(double seconds) { m_patience = seconds; }
    void askMetrics(QObject* asker, const std::vector<MetricRequest>& metrics,
        std::function<void(Expected<std::vector<ResultsPtr>>)> deliver);
    template <class T>
    using StudyAnswer = std::function<Expected<T>(const Study&, const Side&, const Progress&)>;
    /// Anything else of the main side, its trace and the tokens that its filters leave. `key`: tells the question from all
    /// others, holds all that the answer depends on but the side.
    template <class T>
    void askStudy(QObject* asker, const std::string& key, StudyAnswer<T> answer, std::function<void(const Expected<T>&)> deliver);
    void askExtent(QObject* asker, std::function<void(Expected<Study::Extent>)> deliver);
    void askExtent(QObject* asker, const Side& side, std::function<void(Expected<Study::Extent>)> deliver);
    /// How often the experts of two sides are chosen, and which differences are no noise.
    void askDifferences(
        QObject* asker, const Side& a, const Side& b, std::function<void(Expected<ExpertDifferences>)> deliver);
    void cancel(QObject* asker);
    bool waits(const QObject* asker) const { return m_questions.waits(asker); }

signals:
    void openingChanged();
    void opened(); ///< another study: ask anew
    /// Another trace of the same study is looked at; filters().changed() follows.
    void traceChosen();
    void failed();
    void progressed(QObject* asker, double fraction);
    void noted(const JobNote& note); ///< a job ended: for the log

private:
    void setOpening(const QStringList& paths);
    /// What stays of what is chosen: that of an incomplete trace which has grown; that of the traces of the same path; that of
    /// the one trace, whatever its path.
    enum class Keep { Nothing, ByPath, Trace };
    void start(const QStringList& paths, Keep keep);
    void show(StudyPtr study, const QStringList& paths, Keep keep);
    bool maySample(const ChartSpec& chart, const ChartQuestion& question) const;
    void askFirst(QObject* asker, const ChartSpec& chart, const ChartQuestion& question, ShowFirst first);

    Opener m_opener;
    JobTracker m_openJob;
    QStringList m_opening, m_paths;
    std::optional<Error> m_error;
    StudyPtr m_study;
    QUndoStack m_undo, m_looks;
    History m_history;
    SideState m_main, m_beside;
    std::size_t m_lookedAt = 0; ///< the main side's trace, as it was told last
    bool m_sameTrace = false;
    QString m_toBeside; ///< what is being opened beside the others
    SharedSelection m_selection;
    ExpertSets m_sets;
    Questions m_questions;
    StudyPtr m_samples; ///< the same traces, nothing kept on disk: to hash a file takes longer than a sample of it
    std::map<QObject*, std::unique_ptr<QObject>> m_firsts; ///< who asks for a sample in an asker's name
    double m_patience;
};

template <class T>
void Session::askStudy(
    QObject* asker, const std::string& key, StudyAnswer<T> answer, std::function<void(const Expected<T>&)> deliver)
{
    Questions::Question question;
    const Side side = m_main.side();
    question.key = "study " + std::to_string(side.trace) + ' ' + keyText(side.scope) + key;
    question.answer = [answer = std::move(answer), side](const Study& study, const Progress& progress) {
        return Questions::kept(answer(study, side, progress));
    };
    m_questions.ask(asker, std::move(question), Questions::typed<T>(std::move(deliver)));
}

}
