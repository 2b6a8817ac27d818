// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/bar_chart.h"

namespace expertscope {

BarChart::BarChart(PicturePtr picture, Words words, QByteArray head)
    : m_picture(std::move(picture))
    , m_words(std::move(words))
    , m_head(std::move(head))
{
}

const BarWords* BarChart::at(const Mark& mark) const
{
    if (mark.layer != 0 || mark.panel >= m_words.size() || mark.row >= m_words[mark.panel].size()
        || mark.column >= m_words[mark.panel][mark.row].size())
        return nullptr;
    const BarWords& words = m_words[mark.panel][mark.row][mark.column];
    return words.subject ? &words : nullptr;
}

std::optional<Subject> BarChart::subject(const Mark& mark) const
{
    const BarWords* const words = at(mark);
    return words ? words->subject : std::nullopt;
}

std::vector<Mark> BarChart::marks(const Subject& subject) const
{
    std::vector<Mark> marks;
    for (std::size_t p = 0; p < m_words.size(); ++p) {
        for (std::size_t r = 0; r < m_words[p].size(); ++r) {
            for (std::size_t c = 0; c < m_words[p][r].size(); ++c) {
                const auto& here = m_words[p][r][c].subject;
                if (here && agree(*here, subject))
                    marks.push_back({std::uint16_t(p), 0, std::uint32_t(r), std::uint32_t(c)});
            }
        }
    }
    return marks;
}

QString BarChart::readout(const Mark& mark) const
{
    const BarWords* const words = at(mark);
    return words ? words->readout : QString();
}

QByteArray BarChart::csv() const
{
    QByteArray csv = m_head;
    for (const auto& panel : m_words) {
        for (const auto& series : panel) {
            for (const BarWords& words : series) {
                if (words.subject)
                    csv += words.record;
            }
        }
    }
    return csv;
}

std::size_t gridColumns(std::size_t panels)
{
    return panels <= 1 ? 1 : panels <= 4 ? 2 : 3;
}

}
