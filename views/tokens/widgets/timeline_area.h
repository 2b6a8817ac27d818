// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/session.h"
#include "views/tokens/data/timeline_raster.h"
#include "views/tokens/data/token_cursor.h"

#include <QImage>
#include <QWidget>

namespace expertscope {

/// A raster of tokens under a strip that shows all of it. Wheel zooms at the mouse, a drag pans, W A S D too; click
/// puts the cursor there and pins; the cursor is always in sight. The strip: click and drag go there. Space, comma and
/// full stop play and step as in the text.
class TimelineArea final : public QWidget
{
    Q_OBJECT
public:
    explicit TimelineArea(Session& session, QWidget* parent = nullptr);

    /// Null: nothing.
    void setRaster(TimelineRasterPtr raster);
    const TimelineRasterPtr& raster() const { return m_raster; }

    struct Cell
    {
        std::size_t row = 0;
        TokenIndex token;
        bool operator==(const Cell&) const = default;
    };
    std::optional<Cell> current() const { return m_current; } ///< under the mouse
    QString readout() const;
    /// Columns in sight, from the first of the raster.
    std::pair<double, double> seen() const { return {m_from, m_to}; }
    void fit();
    bool isReduced() const; ///< a pixel shows several tokens, or rows

    std::optional<Cell> cellAt(const QPointF& position) const;
    QRectF placeOf(const Cell& cell) const; ///< empty: out of sight
    QRectF stripPlace() const { return m_strip; }

    QSize sizeHint() const override { return {560, 200}; }
    QSize minimumSizeHint() const override { return {140, 80}; }

signals:
    void readoutChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void place();
    void setSeen(double from, double to);
    void zoom(double factor, double centre);
    void follow();
    void point(std::optional<Cell> cell);
    double columnAt(double x) const;
    double xOf(double column) const;
    QImage render(double from, double to, const QRectF& place) const;
    void drawColumn(QPainter& painter, TokenIndex token, bool pinned) const;

    Session& m_session;
    TokenCursor& m_cursor;
    TimelineRasterPtr m_raster;
    QRectF m_strip, m_plot;
    double m_from = 0, m_to = 1;
    QImage m_overview, m_image;
    std::optional<Cell> m_current;
    std::optional<QPointF> m_pressed;
    double m_pressedFrom = 0;
    bool m_dragged = false, m_inStrip = false, m_focusShown = false;
};

}
