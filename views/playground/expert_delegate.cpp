// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/playground/expert_delegate.h"

#include "views/playground/routing_table_model.h"
#include "views/widgets/theme.h"

#include <QPainter>

#include <cmath>

namespace expertscope {

namespace {

constexpr int kGap = 2, kInside = 3;
const QColor kChanged(0xd5, 0x5e, 0x00); ///< Okabe-Ito

int slotWidth(const QFontMetrics& metrics, const ExpertCell& cell)
{
    return metrics.horizontalAdvance(QString::number(std::max(10, cell.numExperts - 1))) + 2 * kInside;
}

}

void ExpertDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto cell = index.data(RoutingTableModel::CellRole).value<ExpertCell>();
    QStyleOptionViewItem ground = option;
    initStyleOption(&ground, index);
    ground.text.clear();
    ground.state &= ~QStyle::State_Selected; // a selected row would hide what the grounds say
    ground.widget->style()->drawControl(QStyle::CE_ItemViewItem, &ground, painter, ground.widget);
    const ThemeColours colours = themeColours(currentTheme());
    painter->save();
    painter->setFont(option.font);
    const int width = slotWidth(option.fontMetrics, cell);
    QRect slot(option.rect.left() + kGap, option.rect.top() + kGap, width, option.rect.height() - 2 * kGap);
    for (const ExpertCell::Expert& expert : cell.experts) {
        QColor weight = colours.accent;
        weight.setAlphaF(0.05f + 0.45f * float(std::isnan(expert.weight) ? 0 : std::clamp(expert.weight, 0.0f, 1.0f)));
        painter->fillRect(slot, weight);
        painter->setPen(colours.text);
        painter->drawText(slot, Qt::AlignCenter, QString::number(expert.id));
        if (expert.isNew) {
            painter->setPen(QPen(kChanged, 2));
            painter->drawRect(slot.adjusted(1, 1, -1, -1));
        }
        slot.translate(width + kGap, 0);
    }
    if (option.state & QStyle::State_HasFocus) {
        painter->setPen(QPen(colours.accent, 1));
        painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
    }
    painter->restore();
}

QSize ExpertDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto cell = index.data(RoutingTableModel::CellRole).value<ExpertCell>();
    const int width = slotWidth(option.fontMetrics, cell) + kGap;
    return {int(cell.experts.size()) * width + 3 * kGap, option.fontMetrics.height() + 4 * kGap};
}

}
