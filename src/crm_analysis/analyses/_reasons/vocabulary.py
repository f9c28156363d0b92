"""Words that reasons are made of: a word that is nearly one of them is probably misspelt."""

from __future__ import annotations

_ENGLISH = """
accept acceptable account accounting additional address advertising advice agency agreement already amount
analytics another answer application approach approval approved assortment attention authority availability
available bankrupt because before benefit better brochure budget business buyer calculation callback
campaign cancelled capacity catalogue category certificate certification change changed channel cheaper
choice client closed colleague commercial commission committee communicate communicated communicating
communication company comparison compatible competition competitive competitor competitors complaint
complete complex complicated condition conditions confidential configuration connection consultant contact
contacted contacts contract contracts convenient conversion cooperation corporate correct country coverage
currency customer customers damage damaged deadline decided decision decisions defect defective delay
delayed delivered delivery demand department deposit description design different difficult director
discount dispatch distance distributor division document documents duplicate duration economic efficiency
employee engineer equipment estimate evaluation exchange existing expensive experience explanation export
external feature features feedback finance financial financing flexible freight frequency friend function
functionality functions guarantee guaranteed hardware head headquarters holiday immediately implementation
implementing import improvement inconvenient incorrect industry information installation insufficient
insurance integration integrations interest interested interesting internal international inventory
investment invoice irrelevant knowledge language legal license location logistics maintenance management
manager manufacture manufacturer manufacturing market marketing material materials maximum measurement
meeting minimum missing mistake monthly necessary need negotiation negotiations network nobody occasion
occurred offer office operator opinion opportunity option order organisation organization owner package
packaging parameter partner partners payment performance permanent permission person personal pilot planning
possible postponed preference preferred previous price pricing priority problem problems process procurement
product production products profitable profitability project proposal purchase purchasing purpose quality
quantity quarter question quotation reaction reason receipt receive received recommend recommendation
recommended reference refused region regulation reject rejected relationship relevant reliability reliable
reminder repair replacement request requested required requirement requirements response responsible result
return returned review revision salary satisfied schedule season security separate service services shipment
shipping shortage similar software solution solutions something specification specifications staff standard
started stopped storage strategic strategy subscription sufficient supplier suppliers supply support
switched technical technology telephone temporary tender term terms territory training transport
transportation trial unavailable unsatisfied unsuitable urgent value variant vendor volume waiting warehouse
warranty website weight wholesale
"""

_RUSSIAN = """
адрес акция аналог ассортимент аудит бюджет возврат возможность время выбрали выбрал гарантия график дедлайн
договор документы доставка доставки дорого другой другого дешевле заказ закупка закрыли замена заявка
интеграция интересно информация исполнение качество качества клиент клиента клиентов количество компания
компании конкурент конкурента конкурентов контакт контракт кредит лицо логистика маркетинг материал менеджер
наличие налог недостаточно недостаток неактуально необходимость нецелевой обслуживание обслуживания ожидание
оплата организация ответственный отказ отказался отсрочка отсутствие партнёр партнер переговоры перенос
платёж подрядчик поддержка покупатель поставка поставки поставщик поставщика потребность предложение
предоплата презентация причина причины проблема проблемы проект продажа продукт производство производства
размер рассрочка расходы реклама рекомендация решение решения руководитель руководство сделка сервис
сертификат скидка скидки слишком согласование сотрудник сотрудничество специалист срок сроки стоимость
стоимости поддержки техника технический товар товара товаров требование требования удобно упаковка условие
условия услуга услуги устраивает устроила устроили финансирование цена цены характеристики
"""

#: In lower case; English and Russian.
WORDS = frozenset((_ENGLISH + _RUSSIAN).split())
