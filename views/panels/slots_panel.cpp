// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/slots_panel.h"

#include "views/charts/wording.h"
#include "views/widgets/card_writer.h"

namespace expertscope {

namespace {

double rateOf(std::uint64_t requests, std::uint64_t misses)
{
    return requests ? 1 - double(misses) / double(requests) : 0;
}

}

SlotsPanel::SlotsPanel(Session& session, QWidget* parent)
    : CardPanel(session, "Open a trace to divide slots among its layers", parent)
    , m_whatIf(WhatIf::of(session))
{
    card()->setAccessibleName("Slots by layer");
    connect(&m_whatIf, &WhatIf::tableChanged, this, &SlotsPanel::ask);
    connect(&m_whatIf, &WhatIf::changed, this, &SlotsPanel::ask);
}

void SlotsPanel::request()
{
    m_whatIf.need();
    const CacheTablePtr table = m_whatIf.table();
    if (!table) {
        m_asked.clear();
        if (m_whatIf.error())
            return showError(*m_whatIf.error());
        return showEmpty("Computing all policies and sizes …");
    }
    const auto at = placeIn(*table, m_whatIf.now());
    if (!at) {
        m_asked.clear();
        return showError({m_whatIf.now().policy + " cannot serve this contract", {}, "choose another policy"});
    }
    // Of this very table: it lives as long as the answer is waited for.
    const std::string key = "slots " + std::to_string(reinterpret_cast<std::uintptr_t>(table.get())) + ' '
        + std::to_string(table->requests) + ' ' + std::to_string(at->policy) + ' ' + std::to_string(at->capacity);
    if (key == m_asked)
        return; // only the machine was changed
    m_asked = key;
    session().askStudy<SlotDivision>(
        this, key,
        [table, at](const Study&, const Side&, const Progress&) { return divideSlots(*table, at->policy, at->capacity); },
        [this](const Expected<SlotDivision>& division) { take(division, m_division); });
}

Card SlotsPanel::write() const
{
    CardWriter out;
    if (m_division.sites.empty() || !m_whatIf.table())
        return out.card();
    const RoutingShape& shape = session().shape();
    const double even = rateOf(m_division.requests, m_division.even.misses),
                 best = rateOf(m_division.requests, m_division.best.misses);
    out.fact("As many for each", CardWriter::plain(percentText(even) + " hits"));
    out.fact("Best division", CardWriter::plain(percentText(best) + " hits, " + numberText(100 * (best - even)) + " points more"),
        m_division.best.exact ? "No division of as many slots has fewer misses" : "By the gain a slot: nearly the best");
    std::vector<QStringList> rows;
    for (std::size_t p = 0; p < m_division.sites.size(); ++p)
        rows.push_back({out.link(CardWriter::plain(siteText(shape, m_division.sites[p])), {.subject = {.site = m_division.sites[p]}, .readout = {}}),
            CardWriter::plain(percentText(m_division.evenRates[p])),
            CardWriter::plain(countText(m_division.best.capacities[p])), CardWriter::plain(percentText(m_division.bestRates[p]))});
    out.table({{"Layer", {}, false}, {"Hits", "With as many slots for each layer"}, {"Best slots", "Of as many in all"},
                  {"Hits", "With these"}},
        rows);
    out.note(QString("%1, %2 slots in all. %3")
                 .arg(QString::fromStdString(m_whatIf.now().policy), countText(m_division.best.used),
                     m_whatIf.sample() ? "Of a sample of sequences." : QString()));
    return out.card();
}

QByteArray SlotsPanel::csv() const
{
    if (!showsCard())
        return {};
    QByteArray csv = "site,even_slots,even_hit_rate,best_slots,best_hit_rate\n";
    for (std::size_t p = 0; p < m_division.sites.size(); ++p)
        csv += QByteArray::number(m_division.sites[p].value) + ',' + QByteArray::number(m_division.even.capacities[p]) + ','
            + csvNumber(m_division.evenRates[p]) + ',' + QByteArray::number(m_division.best.capacities[p]) + ','
            + csvNumber(m_division.bestRates[p]) + '\n';
    return csv;
}

QString SlotsPanel::definition() const
{
    return "The slots of all layers' caches together, divided so that fewest requests miss "
           "(<i>expertscope simulate cache --quotas</i>), beside as many for each. Curves of the present policy; of models "
           "with more than 64 experts in steps of the table's sizes.";
}

}
