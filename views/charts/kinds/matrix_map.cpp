// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/matrix_map.h"

#include "views/charts/wording.h"

#include <cmath>

namespace expertscope {

namespace {

/// Numbers in an order that is not theirs are drawn as places in that order: the readout has them. Words stay words.
Axis drawnAxis(const MatrixSide& side)
{
    Axis axis = side.axis;
    for (std::size_t i = 0; i < side.order.size(); ++i) {
        if (axis.words.empty())
            axis.names[i] = int(i + 1);
        else
            axis.words[i] = side.axis.words[side.order[i]];
    }
    return axis;
}

template <class Value> void fillIn(std::optional<Value>& into, const std::optional<Value>& from)
{
    if (!into)
        into = from;
}

/// They name something in common, and not the same.
bool contradict(const Subject& a, const Subject& b)
{
    const auto differ = [](const auto& x, const auto& y) { return x && y && *x != *y; };
    return differ(a.site, b.site) || differ(a.expert, b.expert) || differ(a.sequence, b.sequence)
        || differ(a.token, b.token) || differ(a.label, b.label);
}

}

MatrixMap::MatrixMap(PicturePtr picture, MatrixCells cells)
    : m_picture(std::move(picture))
    , m_cells(std::move(cells))
{
}

bool MatrixMap::holds(std::size_t row, std::size_t column) const
{
    return !std::isnan(m_cells.values[m_cells.rows.at(row) * m_cells.columns.size() + m_cells.columns.at(column)]);
}

Subject MatrixMap::subjectOf(std::size_t row, std::size_t column) const
{
    Subject subject;
    if (!m_cells.rows.subjects.empty())
        subject = m_cells.rows.subjects[m_cells.rows.at(row)];
    if (!m_cells.columns.subjects.empty()) {
        const Subject& other = m_cells.columns.subjects[m_cells.columns.at(column)];
        fillIn(subject.site, other.site);
        fillIn(subject.expert, other.expert);
        fillIn(subject.sequence, other.sequence);
        fillIn(subject.token, other.token);
        fillIn(subject.label, other.label);
    }
    return subject;
}

std::optional<Subject> MatrixMap::subject(const Mark& mark) const
{
    if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_cells.rows.size() || mark.column >= m_cells.columns.size()
        || !holds(mark.row, mark.column))
        return {};
    return subjectOf(mark.row, mark.column);
}

std::vector<Mark> MatrixMap::marks(const Subject& wanted) const
{
    std::vector<Mark> marks;
    for (std::uint32_t r = 0; r < m_cells.rows.size(); ++r) {
        if (!m_cells.rows.subjects.empty() && contradict(m_cells.rows.subjects[m_cells.rows.at(r)], wanted))
            continue; // none of so many cells
        for (std::uint32_t c = 0; c < m_cells.columns.size(); ++c) {
            if (!holds(r, c))
                continue;
            const Subject here = subjectOf(r, c);
            if (agree(here, wanted) || (here.empty() && wanted.empty()))
                marks.push_back({0, 0, r, c});
        }
    }
    return marks;
}

QString MatrixMap::readout(const Mark& mark) const
{
    return subject(mark) ? m_cells.readout(m_cells.rows.at(mark.row), m_cells.columns.at(mark.column)) : QString();
}

std::optional<std::uint64_t> MatrixMap::observations(const Mark& mark) const
{
    return subject(mark) && m_cells.observations
        ? std::optional(m_cells.observations(m_cells.rows.at(mark.row), m_cells.columns.at(mark.column)))
        : std::nullopt;
}

QByteArray MatrixMap::csv() const
{
    QByteArray csv = m_cells.csvHead;
    for (std::size_t r = 0; r < m_cells.rows.size(); ++r) {
        for (std::size_t c = 0; c < m_cells.columns.size(); ++c) {
            const std::size_t row = m_cells.rows.at(r), column = m_cells.columns.at(c);
            if (holds(r, c))
                csv += m_cells.csvRecord(row, column) + csvNumber(m_cells.values[row * m_cells.columns.size() + column])
                    + '\n';
        }
    }
    return csv;
}

Expected<ChartPtr> drawMatrix(MatrixCells cells, CellMeaning meaning, const QString& title, Look& look)
{
    const std::size_t R = cells.rows.size(), C = cells.columns.size();
    auto map = std::make_shared<HeatMap>();
    std::vector<float> values(R * C);
    for (std::size_t r = 0; r < R; ++r) {
        for (std::size_t c = 0; c < C; ++c)
            values[r * C + c] = float(cells.values[cells.rows.at(r) * C + cells.columns.at(c)]);
    }
    map->centre = cells.centre;
    map->values = Pyramid(R, C, std::move(values));
    auto picture = std::make_shared<Picture>();
    ES_ASSIGN(picture->key, colourCells(look, *map, meaning, title));
    picture->panels = {{drawnAxis(cells.columns), drawnAxis(cells.rows), {std::move(map)}}};
    picture->note = cells.note;
    return std::make_shared<MatrixMap>(std::move(picture), std::move(cells));
}

}
