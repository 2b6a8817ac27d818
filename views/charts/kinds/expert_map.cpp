// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/expert_map.h"

#include <algorithm>

namespace expertscope {

ExpertCells::ExpertCells(std::vector<SiteIndex> rows, const RoutingShape& shape)
    : sites(std::move(rows))
{
    for (const SiteIndex site : sites)
        columns = std::max<std::size_t>(columns, shape.sites[std::size_t(site)].numExperts);
    experts.assign(sites.size() * columns, kNoExpert);
}

Axis siteAxis(const std::vector<SiteIndex>& sites, const RoutingShape& shape)
{
    Axis axis{"Layer", Axis::Scale::Cells};
    for (const SiteIndex site : sites)
        axis.names.push_back(shape.sites[std::size_t(site)].layer);
    return axis;
}

Axis expertCellAxis(QString title, std::size_t count, int first)
{
    Axis axis{std::move(title), Axis::Scale::Cells};
    for (std::size_t i = 0; i < count; ++i)
        axis.names.push_back(first + int(i));
    return axis;
}

ExpertMap::ExpertMap(PicturePtr picture, ExpertCells cells, Words words)
    : m_picture(std::move(picture))
    , m_cells(std::move(cells))
    , m_words(std::move(words))
{
}

std::optional<Subject> ExpertMap::subject(const Mark& mark) const
{
    if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_cells.sites.size() || mark.column >= m_cells.columns
        || m_cells.at(mark.row, mark.column) == kNoExpert)
        return {};
    return Subject{.site = m_cells.sites[mark.row], .expert = ExpertIndex(m_cells.at(mark.row, mark.column))};
}

std::vector<Mark> ExpertMap::marks(const Subject& subject) const
{
    std::vector<Mark> marks;
    for (std::size_t r = 0; r < m_cells.sites.size(); ++r) {
        if (subject.site && *subject.site != m_cells.sites[r])
            continue;
        for (std::size_t c = 0; c < m_cells.columns; ++c) {
            const Mark mark{0, 0, std::uint32_t(r), std::uint32_t(c)};
            if (const auto here = this->subject(mark); here && agree(*here, subject))
                marks.push_back(mark);
        }
    }
    return marks;
}

QString ExpertMap::readout(const Mark& mark) const
{
    const auto here = subject(mark);
    return here ? m_words.readout(*here->site, *here->expert) : QString();
}

std::optional<std::uint64_t> ExpertMap::observations(const Mark& mark) const
{
    const auto here = subject(mark);
    return here && m_words.observations ? std::optional(m_words.observations(*here->site, *here->expert)) : std::nullopt;
}

QByteArray ExpertMap::csv() const
{
    QByteArray csv = m_words.csvHead;
    for (std::size_t r = 0; r < m_cells.sites.size(); ++r) {
        for (std::size_t c = 0; c < m_cells.columns; ++c) {
            if (m_cells.at(r, c) != kNoExpert)
                csv += m_words.csvRecord(r, ExpertIndex(m_cells.at(r, c)));
        }
    }
    return csv;
}

}
