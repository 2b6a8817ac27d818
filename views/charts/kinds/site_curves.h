// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: a quantity over the sites of a model, a curve a series.
#pragma once

#include "analysis/spine/result.h"
#include "views/charts/chart.h"

namespace expertscope {

/// One curve: a row for each site, in order.
struct SiteSeries
{
    QString name; ///< in legend, readout and table: of the trace
    RoutingShape shape; ///< its sites
    std::vector<ResultRow> rows; ///< with a site each; without a value: a gap that says why
};

class SiteCurves final : public Chart
{
public:
    /// `quantity` and `unit` title the vertical axis, which has whole numbers only if `counted`; `csvHead` goes before
    /// the table. What chance gives is drawn as grey dashed curves where rows know it, once where series agree.
    SiteCurves(QString quantity, QString unit, bool counted, std::vector<SiteSeries> series, QByteArray csvHead);

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override;
    std::vector<Mark> marks(const Subject& subject) const override;
    QString readout(const Mark& mark) const override;
    QByteArray csv() const override { return m_csv; }

private:
    /// What a curve is of: a series, or chance beside it.
    struct Line
    {
        std::size_t series;
        bool uniform;
    };
    const ResultRow* rowOf(const Mark& mark) const;
    void draw();
    void drawUniform(Curves& curves, std::size_t series);
    QByteArray table() const;

    QString m_quantity, m_unit;
    bool m_counted;
    std::vector<SiteSeries> m_series;
    std::vector<Line> m_lines; ///< [curve]
    PicturePtr m_picture;
    QByteArray m_csv;
};

}
