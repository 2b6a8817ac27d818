// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"
#include "views/session/session.h"
#include "views/widgets/chart_view.h"

#include <optional>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;
class QVBoxLayout;

namespace expertscope {

class DifferenceLists;
class SideRow;
class StatePage;

/// Two sides, each a trace and its filters: any map of both side by side, as a difference or as a ratio, any curves of
/// both, and which experts only one of them chooses, or both but not alike.
class ComparePanel final : public View
{
    Q_OBJECT
public:
    explicit ComparePanel(Session& session, QWidget* parent = nullptr);
    ~ComparePanel() override;

    ChartView* chartView() const override { return m_view; }
    QString readout() const override { return m_view->widget()->readout(); }
    QString note() const override { return m_view->reducerNote(); }
    bool stop() override;
    QByteArray csv() const override { return m_view->chart() ? m_view->chart()->csv() : QByteArray(); }

    /// By its name in the registry; one that compares sides.
    void setChart(const QString& name);
    /// The chart's option: "beside", "difference" or "ratio".
    void setMode(const QString& mode);
    QString mode() const;
    /// Side A is what the window shows, or has a trace and filters of its own.
    void setFollowing(bool following);
    bool following() const { return m_following; }
    Side sideA() const;
    Side sideB() const;
    /// Both are there, and not the same.
    bool ready() const { return whyNot().isEmpty(); }
    /// What is said in place of a picture.
    QString stateText() const;

    QSize minimumSizeHint() const override { return {240, 200}; }

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    SideState& stateA() const;
    QWidget* makeHead();
    void makeView();
    QString whyNot() const;
    std::optional<ChartQuestion> question(const Parameters& options) const;
    void refresh(); ///< other sides: asks for what is seen
    void showState();
    void askLists();
    void swap();
    void openBeside();

    Session& m_session;
    SideState* m_own = nullptr; ///< of A, where it does not follow the window
    bool m_following = true, m_stale = true, m_scheduled = false;

    QComboBox *m_chart = nullptr, *m_mode = nullptr;
    QToolButton *m_swap = nullptr, *m_close = nullptr;
    QCheckBox *m_follow = nullptr, *m_followOwn = nullptr;
    SideRow *m_a = nullptr, *m_ownA = nullptr, *m_b = nullptr;
    QLabel *m_shapes = nullptr, *m_state = nullptr;
    QPushButton *m_others = nullptr, *m_filter = nullptr, *m_open = nullptr;
    QStackedWidget* m_pages = nullptr;
    QSplitter* m_both = nullptr; ///< chart and lists
    QWidget* m_place = nullptr; ///< of the chart
    ChartView* m_view = nullptr;
    DifferenceLists* m_lists = nullptr;
};

}
