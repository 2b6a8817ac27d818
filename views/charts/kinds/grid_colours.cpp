// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/grid_colours.h"

#include "views/charts/kinds/row_curves.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

namespace expertscope {

namespace {

/// Names and colours as the panels have them, until two of them contradict each other.
class Names
{
public:
    void take(const QString& name, int colour)
    {
        if (name.isEmpty() || colour < 0)
            return;
        const auto [at, added] = m_colours.try_emplace(name, colour);
        const auto [by, first] = m_names.try_emplace(colour, name);
        m_agree = m_agree && at->second == colour && by->second == name;
        ++m_panels[name];
        if (added)
            m_order.push_back(name);
    }
    bool agree() const { return m_agree; }
    std::size_t size() const { return m_order.size(); }
    /// At most `most`, those that most panels have, as they appear.
    std::vector<QString> chosen(std::size_t most) const
    {
        std::vector<std::size_t> places(m_order.size());
        std::iota(places.begin(), places.end(), std::size_t(0));
        std::ranges::stable_sort(
            places, std::greater(), [&](std::size_t place) { return m_panels.at(m_order[place]); });
        places.resize(std::min(places.size(), most));
        std::ranges::sort(places);
        std::vector<QString> names;
        for (const std::size_t place : places)
            names.push_back(m_order[place]);
        return names;
    }

private:
    std::map<QString, int> m_colours;
    std::map<int, QString> m_names;
    std::map<QString, int> m_panels; ///< that have the name
    std::vector<QString> m_order;
    bool m_agree = true;
};

template <class Take> void eachSeries(std::vector<Panel>& panels, const Take& take)
{
    for (Panel& panel : panels) {
        for (Layer& layer : panel.layers) {
            if (auto* const curves = std::get_if<Curves>(&layer)) {
                for (Curve& curve : curves->curves)
                    take(curve.name, curve.colour);
            } else if (auto* const bars = std::get_if<Bars>(&layer)) {
                for (BarSeries& series : bars->series)
                    take(series.name, series.colour);
            }
        }
    }
}

}

Expected<QString> shareColours(const std::string& chart, std::vector<Panel>& panels)
{
    Names categories, series;
    for (const Panel& panel : panels) {
        for (const Layer& layer : panel.layers) {
            if (std::holds_alternative<Curves>(layer) || std::holds_alternative<Bars>(layer))
                continue;
            for (const LegendEntry& entry : legendOf(layer))
                categories.take(entry.name, entry.colour);
        }
    }
    if (!categories.agree())
        return fail("a colour would be another name in each panel", chart, "choose to draw numbers, not names");
    eachSeries(panels, [&](const QString& name, int colour) { series.take(name, colour); });
    if (series.agree())
        return QString();
    std::map<QString, int> colours;
    for (const QString& name : series.chosen(kMostColours))
        colours.emplace(name, int(colours.size()));
    eachSeries(panels, [&](QString& name, int& colour) {
        if (name.isEmpty() || colour < 0)
            return;
        const auto known = colours.find(name);
        colour = known == colours.end() ? kGreySeries : known->second;
        if (known == colours.end())
            name.clear();
    });
    if (series.size() <= kMostColours)
        return QString();
    return QString("%1 of %2 names are in colour").arg(kMostColours).arg(series.size());
}

}
