// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/playground/routing_table_model.h"

#include "views/charts/wording.h"

#include <QFont>

#include <algorithm>

namespace expertscope {

void RoutingTableModel::setPrompt(
    ServedPromptPtr prompt, ServedPromptPtr before, const std::vector<std::uint16_t>& layers)
{
    beginResetModel();
    m_prompt = std::move(prompt);
    m_before = std::move(before);
    m_layers = layers;
    m_difference.reset();
    m_pieces.clear();
    if (m_prompt) {
        const ServedRouting& routing = m_prompt->routing;
        std::vector<std::string> bytes;
        for (std::size_t t = 0; t < routing.numTokens(); ++t)
            bytes.emplace_back(routing.token(t));
        m_pieces = shownPieces(bytes, routing.tokenIds, 0, routing.numTokens());
        if (m_before)
            m_difference = differenceOf(m_before->routing, routing);
    }
    endResetModel();
}

int RoutingTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_prompt ? 0 : int(m_prompt->routing.numTokens());
}

int RoutingTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_prompt ? 0 : FirstSite + int(m_prompt->routing.sites.size());
}

std::optional<std::uint32_t> RoutingTableModel::counterpart(std::size_t token) const
{
    return m_difference ? m_difference->tokens[token].before : std::nullopt;
}

QString RoutingTableModel::expertsText(const ServedRouting& routing, std::size_t site, std::size_t token) const
{
    QStringList parts;
    const auto experts = routing.experts(site, token);
    for (std::size_t k = 0; k < experts.size(); ++k) {
        if (experts[k] != kNoExpert)
            parts << QString("%1 at %2").arg(experts[k]).arg(
                numberText(routing.sites[site].weights[token * routing.numSlots + k]));
    }
    return parts.join(", ");
}

QVariant RoutingTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_prompt)
        return {};
    const auto token = std::size_t(index.row());
    const ServedRouting& routing = m_prompt->routing;
    const auto before = counterpart(token);
    switch (index.column()) {
    case Place:
        if (role == Qt::DisplayRole)
            return index.row();
        return role == Qt::TextAlignmentRole ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter)) : QVariant();
    case Token:
        if (role == Qt::DisplayRole)
            return m_pieces[token].text;
        if (role == Qt::FontRole && m_difference && !before) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Changed:
        if (role == Qt::DisplayRole && m_difference)
            return before ? QString("%1 of %2").arg(m_difference->tokens[token].sitesChanged).arg(routing.sites.size())
                          : QString("new");
        return role == Qt::TextAlignmentRole ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter)) : QVariant();
    default:
        break;
    }
    const auto site = std::size_t(index.column() - FirstSite);
    const auto experts = routing.experts(site, token);
    if (role == Qt::DisplayRole) { // read aloud, copied
        QStringList ids;
        for (const auto id : experts) {
            if (id != kNoExpert)
                ids << QString::number(id);
        }
        return ids.join(' ');
    }
    if (role != CellRole)
        return {};
    ExpertCell cell;
    cell.numExperts = routing.sites[site].numExperts;
    for (std::size_t k = 0; k < experts.size(); ++k) {
        if (experts[k] == kNoExpert)
            continue;
        const bool isNew = before && std::ranges::find(m_before->routing.experts(site, *before), experts[k])
                == m_before->routing.experts(site, *before).end();
        cell.experts.push_back({experts[k], routing.sites[site].weights[token * routing.numSlots + k], isNew});
    }
    return QVariant::fromValue(cell);
}

QVariant RoutingTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(section == Place || section == Changed ? Qt::AlignRight | Qt::AlignVCenter
                                                          : Qt::AlignLeft | Qt::AlignVCenter);
    const auto site = std::size_t(std::max(0, section - FirstSite));
    const QString layer = site < m_layers.size() ? QString("Layer %1").arg(m_layers[site]) : QString();
    if (role == Qt::DisplayRole) {
        switch (section) {
        case Place:
            return QString("#");
        case Token:
            return QString("Token");
        case Changed:
            return QString("Changed");
        default:
            return layer;
        }
    }
    if (role != Qt::ToolTipRole)
        return {};
    switch (section) {
    case Place:
        return QString("Position in the prompt, from 0");
    case Token:
        return QString("The token; bold: it has no counterpart in the other prompt");
    case Changed:
        return QString("At how many routers its set of experts is not that of the same token in the other prompt");
    default:
        break;
    }
    QString tip = layer + ": experts in rank order, darker the larger their weight; framed: not chosen in the other prompt";
    if (m_difference)
        tip += QString("\n%1 of %2 tokens that both have: another set here")
                   .arg(m_difference->changedAtSite[site])
                   .arg(m_difference->kept);
    return tip;
}

QString RoutingTableModel::readout(const QModelIndex& index) const
{
    if (!index.isValid() || !m_prompt)
        return {};
    const auto token = std::size_t(index.row());
    const ServedRouting& routing = m_prompt->routing;
    const QString name = QString("token %1 “%2” (id %3)").arg(token).arg(m_pieces[token].text).arg(routing.tokenIds[token]);
    const auto before = counterpart(token);
    QStringList parts;
    if (index.column() < FirstSite) {
        parts << name;
        if (m_difference)
            parts << (before ? QString("other experts at %1 of %2 routers")
                                   .arg(m_difference->tokens[token].sitesChanged)
                                   .arg(routing.sites.size())
                             : QString("not in the other prompt"));
        return joinedReadout(parts);
    }
    const auto site = std::size_t(index.column() - FirstSite);
    const ServedSite& served = routing.sites[site];
    parts << QString("Layer %1").arg(m_layers[site]) << name << "expert " + expertsText(routing, site, token)
          << "entropy " + numberText(served.entropy[token]) + " nats" << "margin " + numberText(served.margin[token]);
    if (before)
        parts << (sameExperts(m_before->routing.experts(site, *before), routing.experts(site, token))
                ? QString("the same set before")
                : "before: " + expertsText(m_before->routing, site, *before));
    return joinedReadout(parts);
}

QByteArray RoutingTableModel::csv() const
{
    if (!m_prompt)
        return {};
    const ServedRouting& routing = m_prompt->routing;
    const auto list = [](std::span<const std::uint16_t> ids) {
        QByteArray text;
        for (const auto id : ids) {
            if (id != kNoExpert)
                text += (text.isEmpty() ? "" : " ") + QByteArray::number(id);
        }
        return text;
    };
    QByteArray table = "token,id,text,before,changed_sites,layer,site,experts,weights,experts_before\n";
    for (std::size_t t = 0; t < routing.numTokens(); ++t) {
        const auto before = counterpart(t);
        for (std::size_t s = 0; s < routing.sites.size(); ++s) {
            QByteArray weights;
            for (std::size_t k = 0; k < routing.numSlots; ++k) {
                if (routing.experts(s, t)[k] != kNoExpert)
                    weights += (weights.isEmpty() ? "" : " ") + csvNumber(routing.sites[s].weights[t * routing.numSlots + k]);
            }
            table += QByteArray::number(qulonglong(t)) + ',' + QByteArray::number(routing.tokenIds[t]) + ','
                + csvText(m_pieces[t].text.toStdString()) + ',' + (before ? QByteArray::number(*before) : "") + ','
                + (before ? QByteArray::number(m_difference->tokens[t].sitesChanged) : "") + ','
                + QByteArray::number(m_layers[s]) + ',' + QByteArray::number(qulonglong(s)) + ','
                + list(routing.experts(s, t)) + ',' + weights + ','
                + (before ? list(m_before->routing.experts(s, *before)) : "") + '\n';
        }
    }
    return table;
}

}
