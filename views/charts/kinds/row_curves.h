// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: rows of metrics as curves, a panel a quantity, over the layers of a model or over a parameter.
#pragma once

#include "analysis/spine/result.h"
#include "views/charts/chart.h"

namespace expertscope {

/// A point of a curve: what a metric says at one place.
struct RowPoint
{
    double x = 0;
    ResultRow row = {}; ///< without a value: a gap that says why
    QString where = {}; ///< the readout begins with it
    QByteArray fields = {}; ///< of its record: what stands before "metric"
    Subject subject = {};
    std::optional<std::pair<double, double>> band = {}; ///< about the value
    std::optional<double> beside = {}; ///< of what the quantity is drawn beside
};

struct RowSeries
{
    QString name = {}; ///< in the legend and, where there are several, in the readout
    std::vector<RowPoint> points = {}; ///< by x
};

/// Another row of the metric, drawn in grey with a quantity.
struct RowBeside
{
    const char *name, *column; ///< in the legend; in the table
    bool floor = false; ///< one band from 0 to the largest of all curves, else a line beside each
};

struct RowPanel
{
    QString quantity = {}, unit = {}; ///< title of the vertical axis
    bool counted = false; ///< whole numbers only
    Axis x = {};
    std::vector<RowSeries> series = {};
    bool ordered = false; ///< series come in an order, as layers do
    bool scatter = false; ///< dots without lines
    std::optional<RowBeside> beside = {};
};

/// The series of that name, made where there is none.
RowSeries& seriesOf(RowPanel& panel, const QString& name);

/// As many series as can be told apart have a colour: of ordered ones some from the first to the last, else those with
/// the most observations; the rest is grey.
inline constexpr std::size_t kMostColours = 7;
/// Number of the grey: past the colours, a light one.
inline constexpr int kGreySeries = int(kMostColours) + 2;

/// Whether anything of it is to be seen.
bool hasValues(const RowSeries& series);

class RowCurves final : public Chart
{
public:
    /// `head` goes before the table and `places` names its first columns. What chance gives is drawn as grey dashed
    /// curves where rows know it, once where series agree.
    RowCurves(std::vector<RowPanel> panels, QByteArray head, const QByteArray& places, QString note = {});

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override;
    std::vector<Mark> marks(const Subject& subject) const override;
    QString readout(const Mark& mark) const override;
    QByteArray csv() const override { return m_csv; }

private:
    /// What there is to say of a point of the picture.
    struct Place
    {
        Subject subject;
        QString words; ///< none: a gap
    };
    using Line = std::vector<Place>; ///< [point]
    struct Drawing
    {
        Curves curves;
        std::vector<Line> lines; ///< [curve]
    };

    static Drawing drawn(const RowPanel& panel);
    static void drawSeries(const RowPanel& panel, Drawing& into);
    static void drawUniform(const RowPanel& panel, Drawing& into);
    static void drawBeside(const RowPanel& panel, Drawing& into);
    static void drawFloor(const RowPanel& panel, Drawing& into);
    static QByteArray table(const std::vector<RowPanel>& panels, const QByteArray& places);
    const Place* placeOf(const Mark& mark) const;

    std::vector<std::vector<Line>> m_lines; ///< [panel][curve]
    PicturePtr m_picture;
    QByteArray m_csv;
};

}
