select distinct user_id from payments where payment_method in ('coupon', 'gift_card') and amount > 0
