// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all views of a window share: the study, which tokens are looked at, what is pointed at, what can be undone, and
// who asked for what.
#pragma once

#include "views/charts/chart.h"
#include "views/session/filter_stack.h"
#include "views/session/history.h"
#include "views/session/job_tracker.h"
#include "views/session/questions.h"
#include "views/session/shared_selection.h"

#include <QObject>
#include <QStringList>
#include <QUndoStack>

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
    /// Opens what is shown anew, keeping the filters that still make sense.
    void reload();
    void cancelOpening();
    const QStringList& opening() const { return m_opening; } ///< empty: nothing
    /// What the last open() failed with; none after the next one.
    const std::optional<Error>& error() const { return m_error; }
    void dismissError();

    const StudyPtr& study() const { return m_study; } ///< null: nothing is open
    const QStringList& paths() const { return m_paths; } ///< of the study

    FilterStack& filters() { return m_filters; }
    SharedSelection& selection() { return m_selection; }
    QUndoStack& undo() { return m_undo; } ///< of what is shown: filters, options, colours
    QUndoStack& looks() { return m_looks; } ///< of where was looked: pins, zoom
    History& history() { return m_history; } ///< both in one list

    /// About the tokens that the filters leave of the first trace.
    ChartQuestion question(const Parameters& options) const;

    /// An asker waits for one thing at a time: asking anew withdraws what it asked before. What is known is delivered
    /// before this returns. Questions in one turn of the event loop about the same tokens share one pass.
    void ask(QObject* asker, const ChartSpec& chart, const ChartQuestion& question,
        std::function<void(Expected<ChartDataPtr>)> deliver);
    void askMetrics(QObject* asker, const std::vector<MetricRequest>& metrics,
        std::function<void(Expected<std::vector<ResultsPtr>>)> deliver);
    void askExtent(QObject* asker, std::function<void(Expected<Study::Extent>)> deliver);
    void cancel(QObject* asker) { m_questions.cancel(asker); }
    bool waits(const QObject* asker) const { return m_questions.waits(asker); }

signals:
    void openingChanged();
    void opened(); ///< another study: ask anew
    void failed();
    void progressed(QObject* asker, double fraction);
    void noted(const JobNote& note); ///< a job ended: for the log

private:
    void setOpening(const QStringList& paths);
    void show(StudyPtr study, const QStringList& paths);

    Opener m_opener;
    JobTracker m_openJob;
    QStringList m_opening, m_paths;
    std::optional<Error> m_error;
    StudyPtr m_study;
    QUndoStack m_undo, m_looks;
    History m_history;
    FilterStack m_filters;
    SharedSelection m_selection;
    Questions m_questions;
};

}
