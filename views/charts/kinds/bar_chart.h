// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: panels of bars, each of which is about something and has a line of the table.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// What is said of one bar.
struct BarWords
{
    std::optional<Subject> subject = {}; ///< none: there is no bar
    QString readout = {};
    QByteArray record = {}; ///< a line of the table
};

class BarChart final : public Chart
{
public:
    /// `picture`: panels of one layer of bars each; `words`: [panel][series][category] of them. `head`: with the line
    /// that names the columns.
    using Words = std::vector<std::vector<std::vector<BarWords>>>;
    BarChart(PicturePtr picture, Words words, QByteArray head);

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override;
    std::vector<Mark> marks(const Subject& subject) const override;
    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;

private:
    const BarWords* at(const Mark& mark) const;

    PicturePtr m_picture;
    Words m_words;
    QByteArray m_head;
};

/// Columns of a grid of so many panels.
std::size_t gridColumns(std::size_t panels);

}
