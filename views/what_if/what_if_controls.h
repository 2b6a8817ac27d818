// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sliders and lists that show and change the what-if.
#pragma once

#include <QString>
#include <QWidget>

#include <functional>
#include <utility>
#include <vector>

class QComboBox;
class QDoubleSpinBox;
class QSlider;

namespace expertscope {

/// A list with its name in front. `words`: value and how it is said.
QWidget* namedList(const QString& title, const QString& tip, QComboBox* list, QWidget* parent);
/// Selects the entry with this value, saying nothing.
void showValue(QComboBox* list, const QString& value);

/// A quantity by slider and by number, the slider in equal ratios. The slider moves at once; the number is exact.
class RatioSlider final : public QWidget
{
    Q_OBJECT
public:
    RatioSlider(const QString& title, const QString& unit, double least, double most, QWidget* parent);

    void setValue(double value); ///< says nothing
    double value() const { return m_value; }
    QSlider* slider() const { return m_slider; }
    QDoubleSpinBox* number() const { return m_number; }

signals:
    void moved(double value);
    void released();

private:
    double m_least, m_most, m_value = 0;
    QSlider* m_slider;
    QDoubleSpinBox* m_number;
};

}
