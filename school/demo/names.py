"""Names for a made-up school; any likeness is chance."""

from __future__ import annotations

FIRST = (  # noqa: SIM905 - a page of names reads better as text
    "Abdi Achieng Aisha Akinyi Amani Amina Anna Asha Atieno Baraka Benard Brenda Brian Caroline "
    "Chebet Cynthia Daniel David Diana Dorcas Edwin Elijah Emmanuel Esther Eunice Faith Farah Fatuma "
    "Felix Florence Francis George Grace Halima Hassan Hope Ian Irene Isaac Ivy Jackline James Jane "
    "Jeremy John Joseph Joy Juma Kamau Karim Kelvin Kevin Khadija Kibet Kipchoge Laura Leah Lilian "
    "Linet Lucy Lydia Malaika Margaret Maria Mark Martin Mary Maryam Mercy Michael Miriam Mohamed "
    "Moses Mutua Mwende Nadia Naomi Nekesa Njeri Noah Nyambura Odhiambo Omar Pauline Peter Philip "
    "Purity Rachel Rehema Robert Rose Ruth Salim Samuel Sarah Sharon Simon Sofia Stella Stephen Susan "
    "Teresa Thomas Timothy Umar Victor Violet Wambui Wanjiku William Yusuf Zainab Zawadi José Zoë"
).split()

LAST = (  # noqa: SIM905 - a page of names reads better as text
    "Abdalla Achieng Adan Ali Amollo Barasa Chege Chepkoech Cheruiyot Chirchir D'Souza Farah Gathoni "
    "Gitau Githinji Hassan Ibrahim Irungu Juma Kagwanja Kamau Karanja Kariuki Karimi Kemboi Kibaki "
    "Kilonzo Kimani Kimutai Kinyua Kiplagat Kiprono Kiptoo Kirui Koech Korir Langat Lumumba Macharia "
    "Maina Makau Makori Mbugua Mohamed Mugo Muriuki Musa Musyoka Mutai Mutiso Mutua Mwangi Mwaniki "
    "Mwenda Nderitu Ndegwa Ndirangu Ndungu Ngugi Njoroge Njuguna Nyaga Nyambura Nyong'o Obiero "
    "Ochieng Odera Odhiambo Odinga Ogola Okello Okoth Oluoch Omondi Ondieki Onyango Opiyo Osman "
    "Otieno Ouma Owino Patel Peña Rono Rotich Ruto Shah Simiyu Singh Sigei Tanui Thuo Too Wafula "
    "Wairimu Waithaka Wambua Wangari Wanjala Wanyama Warsame Yego Yusuf Zuberi"
).split()
