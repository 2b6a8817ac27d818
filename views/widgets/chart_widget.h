// SPDX-License-Identifier: GPL-3.0-or-later
//
// A chart on the screen: zoom, pan, crosshair, what is pointed at and pinned anywhere marked in it, clicks that pin.
#pragma once

#include "views/charts/chart.h"
#include "views/paint/plot_builder.h"
#include "views/session/session.h"

#include <QWidget>

#include <memory>
#include <optional>

namespace expertscope {

/// Mouse: wheel zooms at the cursor, drag pans, double click shows all; click pins what is under the cursor, with Shift
/// beside the other pins; Shift+drag over tokens or sequences keeps those. Keys: arrows move the crosshair, with Ctrl they
/// pin what they come to, Enter pins, I and E keep and drop the tokens it names,
/// Backspace takes out the last filter; W and S zoom, A and D pan.
class ChartWidget final : public QWidget
{
    Q_OBJECT
public:
    explicit ChartWidget(Session& session, QWidget* parent = nullptr);
    ~ChartWidget() override;

    /// Keeps zoom and crosshair where the picture has the shape of the one before. Null: shows nothing.
    void setChart(ChartPtr chart);
    const ChartPtr& chart() const { return m_chart; }

    void fit();
    bool isZoomed() const;
    bool isReduced() const; ///< more cells than pixels
    PlotView seen() const; ///< of each panel
    void setSeen(const PlotView& seen); ///< a step of no history
    void setCrosshairVisible(bool visible);
    /// Panels with the same rows and columns are zoomed together, and what is pointed at in one is outlined in all.
    void setPanelsLinked(bool linked);
    /// The picture of what was asked before, while another is computed.
    void setDimmed(bool dimmed);

    /// What is under the cursor, or where the arrow keys went.
    std::optional<Mark> current() const { return m_current; }
    void setCurrent(std::optional<Mark> mark);
    /// What it is about; empty where there is nothing.
    Subject subject() const;
    /// Its numbers in one line; empty without it.
    QString readout() const;

    /// Centre of a mark in coordinates of this widget; out of sight: null.
    QPoint placeOf(const Mark& mark) const;
    std::optional<Mark> markAt(const QPoint& position) const;
    /// The inside of a panel's axes, in coordinates of this widget.
    QRect areaOf(std::size_t panel) const;
    /// What is outlined of pins and of what others point at: for tests.
    std::vector<Mark> pinnedMarks() const;
    std::vector<Mark> hoveredMarks() const;

    QSize sizeHint() const override { return {480, 320}; }
    QSize minimumSizeHint() const override { return {140, 100}; }

signals:
    void currentChanged();
    void viewChanged(); ///< zoomed, panned, or reduced otherwise
    void broughtBack(); ///< what is seen came from the history: it may be behind another tab
    void menuRequested(QPoint global); ///< for what current() is

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Private;
    class ZoomStep;
    void rememberSeen();
    void restyle();
    void updateOverlay();
    void step(int rows, int columns);
    void click(const QPoint& position, bool beside);
    void followPanel();
    void brush(const QPoint& from, const QPoint& to); ///< keeps the tokens between them

    Session& m_session;
    ChartPtr m_chart;
    std::optional<Mark> m_current;
    bool m_focusShown = false; ///< the focus came by the keyboard
    std::unique_ptr<Private> d;
};

}
