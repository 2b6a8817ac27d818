// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/placement_counts.h"
#include "views/charts/kinds/placement_run.h"
#include "views/what_if/cluster_choice.h"
#include "views/what_if/resting_steps.h"
#include "views/widgets/chart_widget.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QSlider;
class QSpinBox;
class QStackedWidget;
class QToolButton;

namespace expertscope {

class CardView;
class StatePage;

/// What if experts were spread over so many GPUs: all planners side by side, the loads of the chosen one and who sends to
/// whom. While a number is dragged, loads are those of kept counts, where the planner goes by loads alone; what is replayed
/// follows in a worker, the picture before stays until then.
class PlacementWhatIf final : public QWidget
{
    Q_OBJECT
public:
    explicit PlacementWhatIf(Session& session, QWidget* parent = nullptr);

    const ClusterChoice& choice() const { return m_choice; }
    /// A step to undo, once it rests.
    void choose(const ClusterChoice& choice, const QString& what);
    void restore(const ClusterChoice& choice); ///< no step: of a workspace

    const PlacementRunPtr& run() const { return m_run; } ///< null: not known (yet)
    bool waits() const { return m_session.waits(this); }
    bool stop();
    ChartWidget* loads() const { return m_loads; }
    ChartWidget* traffic() const { return m_traffic; }
    QString stateText() const; ///< what stands in place of the pictures; empty: they are shown
    QString facts() const;
    /// The command that computes the same, on the clipboard; what it says of it. Empty: nothing is open.
    QString copyCommand();
    QByteArray csv() const; ///< planners and what they cost

    QSize minimumSizeHint() const override { return {240, 200}; }

signals:
    void contentChanged();
    void said(const QString& text);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeControls();
    QWidget* makeNumbers();
    void setChoice(const ClusterChoice& choice);
    void forget(); ///< other tokens
    void ask();
    void showChoice();
    void showRun();
    void preview(); ///< of kept counts
    QString previewText() const;
    void write(); ///< the card
    std::optional<std::size_t> plan() const; ///< of the run: that of the chosen planner

    Session& m_session;
    QObject* m_countAsker;
    ClusterChoice m_choice;
    RestingSteps<ClusterChoice> m_steps;
    PlacementRunPtr m_run;
    PlacementCountsPtr m_counts;
    std::optional<CountedLoads> m_preview; ///< newer than the run
    std::optional<Error> m_error;
    bool m_stale = true;

    QComboBox *m_planner = nullptr, *m_home = nullptr, *m_dispatch = nullptr;
    QSlider *m_gpuSlider = nullptr, *m_replicaSlider = nullptr;
    QSpinBox *m_gpus = nullptr, *m_nodes = nullptr, *m_replicas = nullptr;
    QToolButton *m_copy = nullptr, *m_stop = nullptr;
    QString m_facts;
    QLabel* m_state = nullptr;
    QProgressBar* m_progress = nullptr;
    QStackedWidget* m_pages = nullptr;
    StatePage* m_page = nullptr;
    QWidget* m_pictures = nullptr;
    ChartWidget *m_loads = nullptr, *m_traffic = nullptr;
    CardView* m_card = nullptr;
};

}
