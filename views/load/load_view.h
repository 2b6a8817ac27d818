// SPDX-License-Identifier: GPL-3.0-or-later
//
// The load view: controls, heat map, readout, and its states (empty, loading, error, ready).
#pragma once

#include "views/figure/figure_spec.h"
#include "views/load/load_map.h"
#include "views/session/job_tracker.h"
#include "views/widgets/theme.h"

#include <QWidget>

#include <functional>
#include <map>
#include <memory>

class QLabel;
class QProgressBar;
class QStackedWidget;

namespace expertscope {

class LoadControls;
class LoadPlot;

/// What the window says of a trace, apart from its choices.
struct TraceFacts
{
    QString path, uuid, created;
    QList<std::pair<QString, QString>> rows; ///< name, value: for the summary panel, in order
};

struct OpenedTrace
{
    std::shared_ptr<BlockSource> source;
    TraceFacts facts;
};

/// Runs on a worker thread.
using TraceOpener = std::function<Expected<OpenedTrace>(const QString& path)>;

class LoadView final : public QWidget
{
    Q_OBJECT
public:
    enum class State
    {
        Empty,
        Loading,
        Error,
        Ready
    };

    explicit LoadView(TraceOpener opener, QWidget* parent = nullptr);
    ~LoadView() override;

    /// Starts loading; the view shows progress and goes to Ready or Error.
    void open(const QString& path);
    /// Stops loading; back to what was shown before.
    void cancel();

    State state() const { return m_state; }
    QString errorText() const;
    const TraceFacts& facts() const { return m_facts; }
    const LoadMap* loadMap() const { return m_loadMap.get(); }
    const LoadTables& tables() const { return m_tables; }
    const ColourScale& scale() const { return m_scale; }
    LoadPlot* plot() const { return m_plot; }
    LoadControls* controls() const { return m_controls; }

    /// Exact values of the current cell, one line; empty when there is none.
    QString readout() const;
    void setTheme(Theme theme);

    /// What is on the screen as a figure spec, and as a figure of the given size.
    FigureSpec spec() const { return m_spec; }
    Expected<Figure> figure(const FigureSpec& page) const;

signals:
    void stateChanged();
    void opened(); ///< another trace is shown
    void mapChanged(); ///< another picture of it
    void openRequested(); ///< the button of the empty state

private:
    void buildPages();
    void setState(State state);
    void showError(const Error& error);
    void select(); ///< reads the controls; loads the filtered table if it is not known yet
    void redraw();
    void updateReadout();

    TraceOpener m_opener;
    JobTracker m_openJob, m_filterJob;
    State m_state = State::Empty;
    State m_before = State::Empty;
    TraceFacts m_facts;
    std::shared_ptr<BlockSource> m_source;
    LoadTables m_tables;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const LoadTable>> m_filtered;
    std::unique_ptr<LoadMap> m_loadMap;
    FigureSpec m_spec;
    ColourScale m_scale;
    QString m_error;

    QStackedWidget* m_pages = nullptr;
    LoadControls* m_controls = nullptr;
    LoadPlot* m_plot = nullptr;
    QLabel *m_readout = nullptr, *m_note = nullptr, *m_errorLabel = nullptr, *m_loadingLabel = nullptr;
    QProgressBar* m_progress = nullptr;
};

}
