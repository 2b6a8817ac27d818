// SPDX-License-Identifier: GPL-3.0-or-later
//
// Running text inside a QCustomPlot, without axes: as many lines as fit, more by scrolling. Includes qcustomplot.h: for
// .cpp files of views/paint only.
#pragma once

#include "views/paint/layers/layer_plottable.h"
#include "views/paint/word_lines.h"

namespace expertscope {

class WordsPlottable final : public LayerPlottable
{
public:
    using LayerPlottable::LayerPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>& key) override;
    bool canShow(const Layer& layer) const override { return std::holds_alternative<WordsPtr>(layer); }
    void setStyle(const Style& style) override;

    std::optional<Cell> markAt(const QPointF& position) const override;
    QRectF placeOf(const Cell& cell) const override;
    std::optional<Span> spanOf(const Cell&) const override { return {}; }
    bool scrolls() const override { return true; }
    void scrollBy(double pages) override;
    void scrollTo(const Cell& cell) override;
    bool isWide() const override { return true; }
    std::optional<double> wantedHeight(double width) const override;
    QString note() const override;
    QStringList texts() const override { return m_texts; }

protected:
    void draw(QCPPainter* painter) override;

private:
    struct Lines
    {
        std::vector<PlacedWord> words; ///< [tokens]
        std::size_t count = 0;
    };
    const Lines& lines() const; ///< for the width there is now
    Lines linesOf(double width) const;
    double lineHeight() const;
    double stripHeight() const;
    std::size_t linesThatFit() const;
    std::size_t firstLine() const; ///< that is seen
    QRectF boxOf(const Cell& cell) const; ///< maybe out of sight
    std::optional<QColor> colourOf(const Cell& cell) const;
    void drawText(QCPPainter* painter, const QRectF& box, const QString& text) const;

    WordsPtr m_data;
    std::optional<ColourScale> m_scale;
    Style m_style;
    std::vector<QString> m_pieces; ///< as the font can show them
    QStringList m_texts; ///< what is drawn with the font
    std::size_t m_replaced = 0; ///< characters that it lacks
    std::size_t m_first = 0;
    mutable Lines m_lines;
    mutable double m_linesWidth = -1;
};

}
