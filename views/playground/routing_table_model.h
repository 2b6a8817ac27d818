// SPDX-License-Identifier: GPL-3.0-or-later
//
// A prompt as a table: a row a token, a column a router, and what changed from another prompt.
#pragma once

#include "views/live/prompt_difference.h"
#include "views/live/serve_client.h"
#include "views/tokens/data/shown_pieces.h"

#include <QAbstractTableModel>
#include <QByteArray>

namespace expertscope {

class RoutingTableModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        Place,
        Token,
        Changed, ///< at how many sites
        FirstSite
    };
    enum Role
    {
        CellRole = Qt::UserRole ///< an ExpertCell
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// `before`: what it is compared with; null: nothing. `layers`: of each site.
    void setPrompt(ServedPromptPtr prompt, ServedPromptPtr before, const std::vector<std::uint16_t>& layers);
    const ServedPromptPtr& prompt() const { return m_prompt; }
    const ServedPromptPtr& before() const { return m_before; }
    const std::optional<PromptDifference>& difference() const { return m_difference; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    QString readout(const QModelIndex& index) const;
    /// "token,id,text,before,changed_sites,layer,site,experts,weights,experts_before".
    QByteArray csv() const;

private:
    QString expertsText(const ServedRouting& routing, std::size_t site, std::size_t token) const;
    std::optional<std::uint32_t> counterpart(std::size_t token) const;

    ServedPromptPtr m_prompt, m_before;
    std::optional<PromptDifference> m_difference;
    std::vector<std::uint16_t> m_layers;
    std::vector<ShownPiece> m_pieces;
};

/// What the cell of a token and a router shows.
struct ExpertCell
{
    struct Expert
    {
        std::uint16_t id = 0;
        float weight = 0;
        bool isNew = false; ///< not chosen for the token that it corresponds to
    };
    std::vector<Expert> experts; ///< in rank order
    std::uint16_t numExperts = 0;
};

}

Q_DECLARE_METATYPE(expertscope::ExpertCell)
